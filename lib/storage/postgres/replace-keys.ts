import type {KeyRecordReplacement} from '../key-record-store.ts';
import {findDataKeyVersions, namingDataKeyVersions} from './data-key-versions.ts';
import {
  dataKeyVersionIdsOf,
  KEY_WIDTH,
  VERSION_WIDTH,
  toKeyValues,
  toLists,
  toVersionValues,
} from './key-values.ts';
import * as sql from './key-write-statements.ts';
import {integer} from './row.ts';
import type {Transaction} from './transaction.ts';

interface Replaced {
  readonly position: number;
  readonly replacement: KeyRecordReplacement;
}

/**
 * Puts records in the place of those that say the same, all in the same few statements, within a transaction that writes.
 * @returns which were replaced, by position: those whose stored sequence was the replaced one
 */
export async function replaceKeys(
  tx: Transaction,
  replacements: readonly KeyRecordReplacement[],
): Promise<readonly boolean[]> {
  const replaced = await findReplaced(tx, replacements);
  if (replaced.length > 0) await write(tx, replaced);
  const done = new Set(replaced.map(({replacement}) => replacement));
  return replacements.map((replacement) => done.has(replacement));
}

async function findReplaced(
  tx: Transaction,
  replacements: readonly KeyRecordReplacement[],
): Promise<readonly Replaced[]> {
  const keystores = replacements.map(({record}) => record.keystoreId);
  await tx.query(sql.LOCK_KEYSTORES, [[...new Set(keystores)]]);
  const rows = await tx.query(sql.FIND_PLACES, [
    keystores,
    replacements.map(({record}) => record.localKeyId),
  ]);
  // By position: of one key that is replaced twice only the first can be.
  const found = new Map<number, Replaced>();
  for (const row of rows.toSorted((a, b) => integer(a, 'place') - integer(b, 'place'))) {
    const replacement = replacements[integer(row, 'place') - 1];
    const position = integer(row, 'position');
    if (!replacement || found.has(position)) continue;
    const {record, replacedSequence} = replacement;
    if (integer(row, 'sequence') !== replacedSequence) continue;
    if (record.sequence !== replacedSequence + 1 || record.versions.length !== integer(row, 'versions')) {
      throw new TypeError('A record is replaced by its next sequence, with the same versions.');
    }
    found.set(position, {position, replacement});
  }
  return [...found.values()];
}

async function write(tx: Transaction, replaced: readonly Replaced[]): Promise<void> {
  const ids = replaced.flatMap(({replacement: {record}}) => dataKeyVersionIdsOf(record));
  const dataKeyVersions = await findDataKeyVersions(tx, ids);
  const keys = replaced.map(({position, replacement: {record}}) => [
    position,
    ...toKeyValues(record, dataKeyVersions),
  ]);
  const versions = replaced.flatMap(({position, replacement: {record}}) =>
    record.versions.map((version) => toVersionValues(position, version, dataKeyVersions)),
  );
  await namingDataKeyVersions(async () => {
    const {count} = await tx.execute(sql.REPLACE, toLists(keys, KEY_WIDTH));
    if (count !== keys.length) throw new TypeError('A record is replaced by one that says the same.');
    const [row = {}] = await tx.query(sql.REPLACE_VERSIONS, toLists(versions, VERSION_WIDTH));
    if (integer(row, 'matched') !== versions.length) {
      throw new TypeError('A record is replaced with the versions that it has.');
    }
  });
}
