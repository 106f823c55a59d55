import {NotFoundError} from '../../errors.ts';
import {requireSome} from '../require-some.ts';
import type {TransferRecords} from '../store-transfer.ts';
import {findDataKeyVersions, namingDataKeyVersions} from './data-key-versions.ts';
import {
  dataKeyVersionIdsOf,
  KEY_WIDTH,
  VERSION_WIDTH,
  toKeyValues,
  toLists,
  toVersionValues,
} from './key-values.ts';
import {INSERT_ALL, INSERT_VERSIONS} from './key-write-statements.ts';
import {integer, type Row, text} from './row.ts';
import * as sql from './transfer-statements.ts';
import type {Transaction} from './transaction.ts';

type TransferredKey = TransferRecords['key'];

/** What tells one key from another: the position of its keystore, and its local id. */
const placeOf = (keystore: number, localKeyId: string): string => `${keystore} ${localKeyId}`;
const placeOfRow = (row: Row): string => placeOf(integer(row, 'keystore'), text(row, 'localKeyId'));

/**
 * Stores keys that another store has, where they are not there, in few statements however many they are.
 * @throws NotFoundError where there is no such keystore; KeyNotFoundError; DuplicateError where a name is taken
 */
export async function putKeys(tx: Transaction, keys: readonly TransferredKey[]): Promise<void> {
  const missing = await findMissing(tx, keys);
  if (missing.length === 0) return;
  const ids = missing.flatMap(({record}) => dataKeyVersionIdsOf(record));
  const dataKeyVersions = await findDataKeyVersions(tx, ids);
  await namingDataKeyVersions(async () => {
    const rows = missing.map(({keystore, record}) => [keystore, ...toKeyValues(record, dataKeyVersions)]);
    const inserted = await tx.query(INSERT_ALL, toLists(rows, KEY_WIDTH));
    const positions = new Map(inserted.map((row) => [placeOfRow(row), integer(row, 'position')]));
    const placed = missing.map(({keystore, ...key}) => {
      const position = positions.get(placeOf(keystore, key.record.localKeyId));
      if (position === undefined) throw new TypeError('An insertion returned no row.');
      return {...key, position};
    });
    const versions = placed.flatMap(({position, record}) =>
      requireSome(record.versions).map((version) => toVersionValues(position, version, dataKeyVersions)),
    );
    await tx.query(INSERT_VERSIONS, toLists(versions, VERSION_WIDTH));
    const uses = placed.flatMap(({position, uses}) => uses.map((use) => [position, ...use]));
    await tx.execute(sql.PUT_USES, toLists(uses, 3));
  });
}

/** @returns those that are not there, with the positions of their keystores */
async function findMissing(
  tx: Transaction,
  keys: readonly TransferredKey[],
): Promise<readonly (TransferredKey & {readonly keystore: number})[]> {
  const rows = await tx.query(sql.LOCK_KEYSTORES, [[...new Set(keys.map(({record}) => record.keystoreId))]]);
  const keystores = new Map(rows.map((row) => [text(row, 'id'), integer(row, 'position')]));
  const placed = keys.map((key) => {
    const keystore = keystores.get(key.record.keystoreId);
    if (keystore === undefined) throw new NotFoundError('The keystore does not exist.');
    return {...key, keystore};
  });
  const stored = await tx.query(sql.FIND_KEYS, [
    placed.map(({keystore}) => keystore),
    placed.map(({record}) => record.localKeyId),
  ]);
  const there = new Set(stored.map(placeOfRow));
  return placed.filter(({keystore, record}) => !there.has(placeOf(keystore, record.localKeyId)));
}
