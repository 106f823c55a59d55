import {
  DuplicateError,
  KeySequenceError,
  KeystoreSequenceError,
  NotFoundError,
  QuotaExceededError,
} from '../../errors.ts';
import {KeyCounts} from '../key-counts.ts';
import type {KeyRecord} from '../key-record.ts';
import type {KeyMaintenance, KeyRecordReplacement} from '../key-record-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {StoredDocument} from './collections.ts';
import {creationOrder} from './creation-order.ts';
import {requireDataKeyVersions} from './data-key-versions.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {GuardedWrites} from './guarded-write.ts';
import {
  absentKeyMembers,
  dataKeyVersionIdsOfKey,
  keyPlace,
  nameOf,
  toKeyMembers,
  toKeyRecord,
} from './key-document.ts';
import {requireSameKey, requireSoundKey} from './key-rules.ts';
import {KeyReplacer} from './key-replacer.ts';
import {keystorePlace, toKeystoreConfig} from './keystore-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {hasRoom} from './quota.ts';
import {integer, text} from './stored-values.ts';

const keystoreChanged = (): KeystoreSequenceError =>
  new KeystoreSequenceError('The keystore was changed meanwhile.');

/**
 * Writes key records under the guard of their keystore: see guarded-write.ts. What is refused is looked for in one order: the
 * keystore, the key, its name, the quota, the keys that it is sealed and authenticated under.
 */
export class KeyRecordWriter {
  readonly #connection: MongodbConnection;
  readonly #writes: GuardedWrites;
  readonly #replacer: KeyReplacer;
  readonly #counts = new KeyCounts();

  constructor(connection: MongodbConnection, writes: GuardedWrites) {
    this.#connection = connection;
    this.#writes = writes;
    this.#replacer = new KeyReplacer(connection, writes);
  }

  insert(
    record: Authenticated<KeyRecord>,
    {maxPerKeystore, keystoreSequence}: Parameters<KeyMaintenance['insert']>[1],
  ): Promise<void> {
    const dataKeyVersionIds = dataKeyVersionIdsOfKey(record);
    return this.#writes.run('insert key', async (attempt) => {
      requireSoundKey(record);
      const {keystoreId, localKeyId} = record;
      const place = keyPlace(record);
      const {target} = await attempt.reserve(place, {localKeyId, uniqueName: `k:${localKeyId}`});
      const registration = {targets: [target], dataKeyVersionIds, count: 'lastPosition'};
      const keystore = await attempt.register(keystorePlace(keystoreId), registration);
      const config = keystore && toKeystoreConfig(keystore);
      if (!config) throw new NotFoundError('The keystore does not exist.');
      if (keystoreSequence !== undefined && config.sequence !== keystoreSequence) throw keystoreChanged();
      if (!target.isPlaceholder) throw new DuplicateError('A record with that identity exists.');
      await this.#requireFreeName(record);
      await this.#requireRoom(attempt, keystore, maxPerKeystore);
      await requireDataKeyVersions(this.#connection, keystore, dataKeyVersionIds);
      await attempt.commit(target, {
        $set: {
          ...toKeyMembers(record),
          position: integer(keystore['lastPosition']),
          order: creationOrder(),
          incarnation: text(keystore['incarnation']),
        },
      });
    });
  }

  update(
    record: Authenticated<KeyRecord>,
    {keystoreSequence}: NonNullable<Parameters<KeyMaintenance['update']>[1]> = {},
  ): Promise<void> {
    const dataKeyVersionIds = dataKeyVersionIdsOfKey(record);
    return this.#writes.run('update key', async (attempt) => {
      const found = await attempt.read(keyPlace(record));
      if (!found || found.target.isPlaceholder) throw new KeySequenceError('The key does not exist.');
      const registration = {targets: [found.target], dataKeyVersionIds};
      const keystore = await attempt.register(keystorePlace(record.keystoreId), registration);
      const config = keystore && toKeystoreConfig(keystore);
      if (!config) throw new KeySequenceError('The key does not exist.');
      if (keystoreSequence !== undefined && config.sequence !== keystoreSequence) throw keystoreChanged();
      const stored = toKeyRecord(found.document);
      if (stored.sequence !== record.sequence - 1)
        throw new KeySequenceError('The key was changed meanwhile.');
      await this.#requireFreeName(record);
      requireSameKey(stored, record);
      requireSoundKey(record);
      await requireDataKeyVersions(this.#connection, keystore, dataKeyVersionIds);
      const written = toKeyMembers(record);
      await attempt.commit(found.target, {$set: written, $unset: absentKeyMembers(written)});
    });
  }

  replace(replacements: readonly KeyRecordReplacement[]): Promise<readonly boolean[]> {
    return this.#replacer.replace(replacements);
  }

  /** The unique index sees to it; here it is said in order. */
  async #requireFreeName({keystoreId, localKeyId, tags}: KeyRecord): Promise<void> {
    const name = tags?.['name'];
    if (name === undefined) return;
    const named = await this.#connection.findOne(
      'key',
      {keystoreId, uniqueName: nameOf(name)},
      {reading: 'current', projection: {localKeyId: 1}},
    );
    if (named && named['localKeyId'] !== localKeyId) {
      throw new DuplicateError('Another key of the keystore has that name.');
    }
  }

  /** Who registered before takes its share first, whether it has written yet or not. */
  async #requireRoom(attempt: Attempt, keystore: StoredDocument, max: number): Promise<void> {
    const [incarnation, newest] = [text(keystore['incarnation']), integer(keystore['lastPosition'])];
    // The newest is this writer's own place.
    if (this.#counts.isBelow(max, incarnation, newest)) return;
    let keys = 0;
    const isFree = await hasRoom(attempt, keystore, {
      max,
      takesShare: ({operation}) => operation === 'insert key',
      countOthers: async (ids) => {
        const others = {keystoreId: keystore['_id'], kept: true, _id: {$nin: ids}};
        const counted = await this.#connection.count('key', others, {reading: 'current'});
        keys = counted + ids.length;
        return counted;
      },
    });
    if (!isFree) throw new QuotaExceededError('The quota of keys in this keystore is used up.');
    this.#counts.note(incarnation, {keys, newest});
  }
}
