import {KeyNotFoundError} from '../key-errors.ts';
import {isForeignKeyViolation, withoutValues} from './driver-error.ts';
import {integer, text} from './row.ts';
import {statement} from './statement.ts';
import type {Transaction} from './transaction.ts';

/** They stay until the transaction ends: locked in the order in which the deletion of a scope locks them. */
const FIND = statement(
  'SELECT id, position FROM data_key_version WHERE id = ANY ($1) ORDER BY position FOR KEY SHARE',
);

/** Rows name data key versions by their positions, records by their ids. */
export interface DataKeyVersionPositions {
  /** null of undefined. */
  of(id: string | undefined): number | null;
}

/** @throws KeyNotFoundError where one is not there (any more) */
export async function findDataKeyVersions(
  tx: Transaction,
  ids: readonly (string | undefined)[],
): Promise<DataKeyVersionPositions> {
  const named = [...new Set(ids)].filter((id) => id !== undefined);
  const rows = await tx.query(FIND, [named]);
  const positions = new Map(rows.map((row) => [text(row, 'id'), integer(row, 'position')]));
  const missing = named.find((id) => !positions.has(id));
  if (missing !== undefined) throw dataKeyVersionMissing(missing);
  return {of: (id) => (id === undefined ? null : (positions.get(id) ?? null))};
}

export const dataKeyVersionMissing = (id: string, options?: ErrorOptions): KeyNotFoundError =>
  new KeyNotFoundError(`There is no data key version ${id}.`, options);

/** For what names data key versions that were there a moment ago. */
export async function namingDataKeyVersions<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new KeyNotFoundError('A data key version is not there any more.', {cause: withoutValues(error)});
  }
}
