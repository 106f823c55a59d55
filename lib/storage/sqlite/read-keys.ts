import type {RowGroup} from '../group-rows.ts';
import {type KeyRow, VERSIONS_AT_ONCE} from './whole-keys.ts';

/** Of a row whose members are all empty. */
const ROW_WEIGHT = 256;

export interface ReadKeys<Row> {
  /** Each key with its versions. */
  readonly all: readonly RowGroup<Row>[];
  /** How many of them were read whole: the last may be there only to say that more follow. */
  readonly whole: number;
  /** Bytes, roughly, of all. */
  readonly weight: number;
}

/**
 * Groups rows, which come in order of key and version, by their keys, and reads no further once they weigh more than
 * `maxWeight`, in bytes, roughly, or a key has many versions: however large keys are, a page of them fits into memory. One key is
 * always read.
 */
export function readKeys<Row extends KeyRow>(rows: Iterable<Row>, maxWeight: number): ReadKeys<Row> {
  const all: {first: Row; all: Row[]}[] = [];
  let weight = 0;
  for (const row of rows) {
    const last = all.at(-1);
    if (last?.first.position === row.position) last.all.push(row);
    else {
      all.push({first: row, all: [row]});
      if (last && (weight > maxWeight || last.all.length >= VERSIONS_AT_ONCE))
        return {all, whole: all.length - 1, weight};
    }
    weight += weightOf(row);
  }
  return {all, whole: all.length, weight};
}

function weightOf(row: KeyRow): number {
  const {publicKey, material, certificates, tags, policy, description, publicAlias, publicAliasTemplate} =
    row;
  const members = [
    publicKey,
    material,
    certificates,
    tags,
    policy,
    description,
    publicAlias,
    publicAliasTemplate,
  ];
  return members.reduce((sum, member) => sum + (member?.length ?? 0), ROW_WEIGHT);
}
