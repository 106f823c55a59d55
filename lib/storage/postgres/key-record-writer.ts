import {
  DuplicateError,
  KeySequenceError,
  KeystoreSequenceError,
  NotFoundError,
  QuotaExceededError,
} from '../../errors.ts';
import type {KeyCounts} from '../key-counts.ts';
import type {KeyRecord} from '../key-record.ts';
import type {KeyMaintenance} from '../key-record-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import {requireSome} from '../require-some.ts';
import {
  type DataKeyVersionPositions,
  findDataKeyVersions,
  namingDataKeyVersions,
} from './data-key-versions.ts';
import {dataKeyVersionIdsOf, VERSION_WIDTH, toKeyValues, toLists, toVersionValues} from './key-values.ts';
import * as sql from './key-write-statements.ts';
import {LOCK_KEYSTORE} from './keystore-statements.ts';
import {integer, integerOrNull} from './row.ts';
import type {Statement} from './statement.ts';
import type {Transaction} from './transaction.ts';

interface KeyPlace {
  readonly position: number;
  readonly sequence: number;
  readonly versions: number;
}

interface KeystorePlace {
  readonly position: number;
  readonly sequence: number;
}

const keystoreChanged = (): KeystoreSequenceError =>
  new KeystoreSequenceError('The keystore was changed meanwhile.');

/**
 * Stores a key, within a transaction that writes. What is refused is looked for in one order: the keystore, the key, its
 * name, the quota, the keys that it is sealed and authenticated under.
 */
export async function insertKey(
  tx: Transaction,
  record: Authenticated<KeyRecord>,
  {maxPerKeystore, keystoreSequence, counts}: Parameters<KeyMaintenance['insert']>[1] & {counts: KeyCounts},
): Promise<void> {
  const keystore = await lockKeystore(tx, record.keystoreId);
  if (!keystore) throw new NotFoundError('The keystore does not exist.');
  if (keystoreSequence !== undefined && keystore.sequence !== keystoreSequence) throw keystoreChanged();
  if (await findPlace(tx, keystore, record)) throw new DuplicateError('A record with that identity exists.');
  await requireFreeName(tx, record, keystore, undefined);
  await requireRoom(tx, keystore, maxPerKeystore, counts);
  const dataKeyVersions = await findDataKeyVersions(tx, dataKeyVersionIdsOf(record));
  await namingDataKeyVersions(async () => {
    const [row = {}] = await tx.query(sql.INSERT, [
      keystore.position,
      ...toKeyValues(record, dataKeyVersions),
    ]);
    const key = integer(row, 'position');
    await writeVersions(tx, sql.INSERT_VERSIONS, key, requireSome(record.versions), dataKeyVersions);
  });
}

/** Replaces a key by what it becomes, within a transaction that writes. */
export async function updateKey(
  tx: Transaction,
  record: Authenticated<KeyRecord>,
  {keystoreSequence}: NonNullable<Parameters<KeyMaintenance['update']>[1]>,
): Promise<void> {
  const keystore = await lockKeystore(tx, record.keystoreId);
  const stored = keystore && (await findPlace(tx, keystore, record));
  if (!stored) throw new KeySequenceError('The key does not exist.');
  if (keystoreSequence !== undefined && keystore.sequence !== keystoreSequence) throw keystoreChanged();
  if (stored.sequence !== record.sequence - 1) throw new KeySequenceError('The key was changed meanwhile.');
  await requireFreeName(tx, record, keystore, stored);
  const dataKeyVersions = await findDataKeyVersions(tx, dataKeyVersionIdsOf(record));
  await namingDataKeyVersions(async () => {
    await updateVersions(tx, record, stored, dataKeyVersions);
    const {count} = await tx.execute(sql.UPDATE, [stored.position, ...toKeyValues(record, dataKeyVersions)]);
    if (count !== 1) throw new TypeError('A record is updated to one of the same identity and origin.');
  });
}

async function lockKeystore(tx: Transaction, id: string): Promise<KeystorePlace | undefined> {
  const [row] = await tx.query(LOCK_KEYSTORE, [id]);
  return row && {position: integer(row, 'position'), sequence: integer(row, 'sequence')};
}

async function findPlace(
  tx: Transaction,
  keystore: KeystorePlace,
  {localKeyId}: KeyRecord,
): Promise<KeyPlace | undefined> {
  const [row] = await tx.query(sql.FIND_PLACE, [keystore.position, localKeyId]);
  return (
    row && {
      position: integer(row, 'position'),
      sequence: integer(row, 'sequence'),
      versions: integer(row, 'versions'),
    }
  );
}

async function requireFreeName(
  tx: Transaction,
  {tags}: KeyRecord,
  keystore: KeystorePlace,
  stored: KeyPlace | undefined,
): Promise<void> {
  const name = tags?.['name'];
  if (name === undefined) return;
  const [named] = await tx.query(sql.FIND_NAMED, [keystore.position, name]);
  if (named && integer(named, 'position') !== stored?.position) {
    throw new DuplicateError('Another key of the keystore has that name.');
  }
}

/** The keystore is locked: all keys that others have inserted in it are there, and have places up to the newest. */
async function requireRoom(
  tx: Transaction,
  {position}: KeystorePlace,
  max: number,
  counts: KeyCounts,
): Promise<void> {
  const {newest: counted = null, keys: known = null} = counts.find(position) ?? {};
  const [row = {}] = await tx.query(sql.COUNT_KEPT, [position, counted, known, max]);
  const keys = integerOrNull(row, 'keys');
  if (keys === null) return;
  if (keys >= max) throw new QuotaExceededError('The quota of keys in this keystore is used up.');
  counts.note(position, {keys, newest: integer(row, 'newest')});
}

/** Before the record: a key is deleted after its material. */
async function updateVersions(
  tx: Transaction,
  {versions}: KeyRecord,
  stored: KeyPlace,
  dataKeyVersions: DataKeyVersionPositions,
): Promise<void> {
  if (versions.length < stored.versions) throw new TypeError('A version of a key never goes.');
  const [kept, added] = [versions.slice(0, stored.versions), versions.slice(stored.versions)];
  const [row = {}] = await writeVersions(tx, sql.UPDATE_VERSIONS, stored.position, kept, dataKeyVersions);
  if (integer(row, 'matched') !== kept.length) throw new TypeError('A version of a key stays what it is.');
  if (added.length > 0) await writeVersions(tx, sql.INSERT_VERSIONS, stored.position, added, dataKeyVersions);
}

function writeVersions(
  tx: Transaction,
  statement: Statement,
  key: number,
  versions: KeyRecord['versions'],
  dataKeyVersions: DataKeyVersionPositions,
): ReturnType<Transaction['query']> {
  const rows = versions.map((version) => toVersionValues(key, version, dataKeyVersions));
  return tx.query(statement, toLists(rows, VERSION_WIDTH));
}
