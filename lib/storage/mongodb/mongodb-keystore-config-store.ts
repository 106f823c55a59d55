import {DuplicateError, QuotaExceededError} from '../../errors.ts';
import {controllersOf} from '../controllers-of.ts';
import {KEYSTORE_ID_LIST, KEYSTORE_LIST, parseCursor, rowsForPage, toPage} from '../cursor.ts';
import {KeyNotFoundError} from '../key-errors.ts';
import type {KeystoreConfig, KeystoreMaintenance, Page} from '../keystore-config-store.ts';
import type {Authenticated, RecordAuthentication} from '../record-authentication.ts';
import type {StoredDocument} from './collections.ts';
import {requireDataKeyVersions} from './data-key-versions.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {ReadDocument} from './guard-document.ts';
import type {GuardedWrites} from './guarded-write.ts';
import {isAbsent} from './guard-document.ts';
import type {KeystoreDeletion} from './keystore-deletion.ts';
import {
  CONFIG_PROJECTION,
  keystorePlace,
  sequenceError,
  toConfigMember,
  toKeystoreConfig,
  toListedFor,
} from './keystore-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {nextPosition} from './next-position.ts';
import {hasRoom} from './quota.ts';
import {integer, text, texts} from './stored-values.ts';

interface FoundKeystore extends ReadDocument {
  readonly config: Authenticated<KeystoreConfig>;
}

interface ListedKeystore {
  readonly document: StoredDocument;
  readonly group: number;
}

/** Configs are members of the documents of their scopes, which guard all that is written in the keystore. */
export class MongodbKeystoreConfigStore implements KeystoreMaintenance {
  readonly #connection: MongodbConnection;
  readonly #writes: GuardedWrites;
  readonly #deletion: KeystoreDeletion;

  constructor(connection: MongodbConnection, writes: GuardedWrites, deletion: KeystoreDeletion) {
    this.#connection = connection;
    this.#writes = writes;
    this.#deletion = deletion;
  }

  insert(
    config: Authenticated<KeystoreConfig>,
    {creator, maxPerCreator}: Parameters<KeystoreMaintenance['insert']>[1],
  ): Promise<void> {
    return this.#guarded('insert keystore', async (attempt) => {
      const found = await attempt.read(keystorePlace(config.id));
      const scope = found && !isAbsent(found.document) ? found.document : {};
      if (scope['config'] !== undefined) throw new DuplicateError('A record with that identity exists.');
      await requireDataKeyVersions(this.#connection, scope, [config.authentication.dataKeyVersionId]);
      if (!found) throw new KeyNotFoundError('The keystore has no keys yet.');
      const registration = {targets: [found.target], create: true};
      const guard = await attempt.register({collection: 'creator', _id: creator}, registration);
      if (!guard) throw new TypeError('A guard that was made is not there.');
      await this.#requireRoom(attempt, guard, maxPerCreator);
      await attempt.commit(found.target, {
        $set: {
          config: toConfigMember(config),
          position: await nextPosition(this.#connection, 'keystore'),
          creator,
          acknowledgedBy: [creator],
          listedFor: toListedFor(config, [creator]),
        },
      });
    });
  }

  find(id: string): Promise<Authenticated<KeystoreConfig> | undefined> {
    return this.#connection.within(async () => {
      const selection = {reading: 'decisive', projection: CONFIG_PROJECTION} as const;
      const found = await this.#connection.findOne('keystore', {_id: id}, selection);
      return found && toKeystoreConfig(found);
    });
  }

  update(
    config: Authenticated<KeystoreConfig>,
    {replaced, updater}: Parameters<KeystoreMaintenance['update']>[1],
  ): Promise<void> {
    return this.#guarded('update keystore', async (attempt) => {
      if (config.id !== replaced.id || config.sequence !== replaced.sequence + 1) throw sequenceError();
      const found = await this.#find(attempt, replaced.id);
      if (!found || !isSame(found.config, replaced)) throw sequenceError();
      const {document, target} = found;
      await requireDataKeyVersions(this.#connection, document, [config.authentication.dataKeyVersionId]);
      // Who was authorised by what it says until now writes no key from here on.
      await attempt.fence(document, ({targets}) => targets.some(({collection}) => collection === 'key'));
      const before = texts(document['acknowledgedBy']);
      const named = controllersOf(config);
      // An acknowledgement goes with its controller; the creator's stays.
      const acknowledgedBy = [
        ...new Set([...before.filter((name) => named.includes(name)), text(document['creator'])]),
      ];
      if (named.includes(updater) && !acknowledgedBy.includes(updater)) acknowledgedBy.push(updater);
      const listedFor = toListedFor(config, acknowledgedBy);
      await attempt.commit(target, {$set: {config: toConfigMember(config), acknowledgedBy, listedFor}});
    });
  }

  list({
    controller,
    limit,
    cursor,
  }: Parameters<KeystoreMaintenance['list']>[0]): Promise<Page<Authenticated<KeystoreConfig>>> {
    return this.#connection.within(async () => {
      const place = parseCursor(KEYSTORE_LIST, cursor);
      const rows = rowsForPage(limit);
      const listed: ListedKeystore[] = [];
      for (let group = place.group; group < KEYSTORE_LIST.groups && listed.length < rows; group++) {
        const after = group === place.group ? place.position : 0;
        const found = await this.#connection.find(
          'keystore',
          {listedFor: `${group}${controller}`, position: {$gt: after}},
          {sort: {position: 1}, limit: rows - listed.length, projection: {...CONFIG_PROJECTION, position: 1}},
        );
        listed.push(...found.map((document) => ({document, group})));
      }
      return toPage(KEYSTORE_LIST, listed, {
        limit,
        toPlace: ({document, group}) => ({group, position: integer(document['position'])}),
        toResult: ({document}) => requireConfig(document),
      });
    });
  }

  delete(id: string, {sequence}: {readonly sequence: number}): Promise<void> {
    return this.#connection.within(() => this.#deletion.delete(id, sequence));
  }

  listIds({limit, cursor}: Parameters<KeystoreMaintenance['listIds']>[0]): Promise<Page<string>> {
    return this.#connection.within(async () => {
      const {position} = parseCursor(KEYSTORE_ID_LIST, cursor);
      const rows = await this.#connection.find(
        'keystore',
        {position: {$gt: position}},
        {sort: {position: 1}, limit: rowsForPage(limit), projection: {position: 1}},
      );
      return toPage(KEYSTORE_ID_LIST, rows, {
        limit,
        toPlace: (row) => ({group: 0, position: integer(row['position'])}),
        toResult: (row) => text(row['_id']),
      });
    });
  }

  replaceAuthentication(
    {id, sequence, authentication}: Authenticated<KeystoreConfig>,
    replacement: RecordAuthentication,
  ): Promise<boolean> {
    return this.#guarded('replace authentication', async (attempt) => {
      const found = await this.#find(attempt, id);
      if (found?.config.sequence !== sequence) return false;
      await requireDataKeyVersions(this.#connection, found.document, [replacement.dataKeyVersionId]);
      if (Buffer.compare(found.config.authentication.mac, authentication.mac) !== 0) return false;
      const config = toConfigMember({...found.config, authentication: replacement});
      await attempt.commit(found.target, {$set: {config}});
      return true;
    });
  }

  #guarded<T>(operation: string, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    return this.#connection.within(() => this.#writes.run(operation, work));
  }

  async #find(attempt: Attempt, id: string): Promise<FoundKeystore | undefined> {
    const found = await attempt.read(keystorePlace(id));
    const config = found && toKeystoreConfig(found.document);
    return config && {...found, config};
  }

  /** Who registered before takes its share first, whether it has written yet or not. */
  async #requireRoom(attempt: Attempt, guard: StoredDocument, max: number): Promise<void> {
    const isFree = await hasRoom(attempt, guard, {
      max,
      countOthers: (ids) => {
        const others = {creator: guard['_id'], _id: {$nin: ids}};
        return this.#connection.count('keystore', others, {reading: 'current'});
      },
    });
    if (!isFree) throw new QuotaExceededError('The quota of keystores is used up.');
  }
}

function requireConfig(document: StoredDocument): Authenticated<KeystoreConfig> {
  const config = toKeystoreConfig(document);
  if (!config) throw new TypeError('A keystore that is listed has no config.');
  return config;
}

function isSame(stored: KeystoreConfig, {sequence, controller}: KeystoreConfig): boolean {
  return stored.sequence === sequence && JSON.stringify(stored.controller) === JSON.stringify(controller);
}
