import {randomBytes} from 'node:crypto';
import {DuplicateError, NotFoundError} from '../../errors.ts';
import {KeyNotFoundError} from '../key-errors.ts';
import type {ScopeKeysRecord} from '../key-hierarchy-store.ts';
import {withPrunedVersions} from '../pruned-versions.ts';
import type {TransferKind, TransferRecords} from '../store-transfer.ts';
import type {StoredDocument} from './collections.ts';
import {requireDataKeyVersions} from './data-key-versions.ts';
import {DuplicateKeyError} from './driver-error.ts';
import {newRevision} from './guard-document.ts';
import {COLLECTION_VERSION, HIERARCHY, LAST_SCOPE_POSITION, rootWrappersOf} from './hierarchy-document.ts';
import {toConfigMember, toListedFor} from './keystore-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {nextPosition} from './next-position.ts';
import {
  requireAllInUse,
  requireOpenedDataKeys,
  withChangedRoot,
  withRootWrapper,
} from './root-wrapper-rules.ts';
import {keyIdsOf, toScopeMembers} from './scope-document.ts';
import {toNewScope, withoutDataKeyVersion, withoutRootKeyVersion} from './scope-rules.ts';
import {integer, text} from './stored-values.ts';
import {TransferredMembers} from './transferred-members.ts';

/**
 * Stores what another store has, where it is not there, by the rules of all writers; but without registering as they do, since
 * nobody else uses the store.
 */
export class TransferWriter {
  readonly #connection: MongodbConnection;
  readonly #members: TransferredMembers;
  readonly #puts: {
    readonly [Kind in TransferKind]: (records: readonly TransferRecords[Kind][]) => Promise<void>;
  } = {
    rootWrapper: async (records) => {
      for (const record of records) await this.#putRootWrapper(record);
    },
    scope: (records) => this.#putScopes(records),
    sealer: async (records) => {
      for (const record of records) await this.#putSealer(record);
    },
    keystore: async (records) => {
      for (const record of records) await this.#putKeystore(record);
    },
    key: (records) => this.#members.putKeys(records),
    revocation: (records) => this.#members.putRevocations(records),
    replay: async (records) => {
      await Promise.all(records.map((record) => this.#putReplay(record)));
    },
    job: async (records) => {
      for (const record of records) await this.#putJob(record);
    },
  };

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
    this.#members = new TransferredMembers(connection);
  }

  put<Kind extends TransferKind>(kind: Kind, records: readonly TransferRecords[Kind][]): Promise<void> {
    return this.#puts[kind](records);
  }

  async #hierarchy(): Promise<StoredDocument> {
    const {_id} = HIERARCHY;
    const found = await this.#connection.findOne('hierarchy', {_id}, {reading: 'current'});
    if (found) return found;
    await this.#insertNew('hierarchy', {_id, revision: newRevision()});
    return this.#hierarchy();
  }

  async #swapHierarchy({revision}: StoredDocument, members: StoredDocument): Promise<void> {
    const change = {$set: {...members, revision: newRevision()}, $inc: {[COLLECTION_VERSION]: 1}};
    const {_id} = HIERARCHY;
    if (await this.#connection.update('hierarchy', {_id, revision: text(revision)}, change)) return;
    throw new TypeError('Somebody else changes the root wrappers of a store that is being filled.');
  }

  async #putRootWrapper(record: TransferRecords['rootWrapper']): Promise<void> {
    const hierarchy = await this.#hierarchy();
    const roots = rootWrappersOf(hierarchy);
    if (roots.some(({id}) => id === record.id)) return;
    await this.#swapHierarchy(hierarchy, {rootWrappers: withRootWrapper(roots, record)});
  }

  async #putSealer({rootWrapperId, ...sealer}: TransferRecords['sealer']): Promise<void> {
    const hierarchy = await this.#hierarchy();
    const roots = rootWrappersOf(hierarchy);
    const root = roots.find(({id}) => id === rootWrapperId);
    if (!root) throw new NotFoundError('There is no such root wrapper.');
    if (root.sealer) return;
    const named = {keyIds: sealer.dataKeyVersionId};
    const scope = await this.#connection.findOne('keystore', named, {reading: 'current'});
    await requireDataKeyVersions(this.#connection, scope ?? {}, [sealer.dataKeyVersionId]);
    const change = {from: root.state, to: root.state, sealer};
    await this.#swapHierarchy(hierarchy, {rootWrappers: withChangedRoot(roots, root, change)});
  }

  async #putScopes(records: readonly ScopeKeysRecord[]): Promise<void> {
    const ids = records.map(({scope}) => scope);
    const stored = await this.#find('keystore', {_id: {$in: ids}}, ids.length, {_id: 1});
    const there = new Set(stored.map(({_id}) => text(_id)));
    const roots = rootWrappersOf(await this.#hierarchy());
    for (const record of records.filter(({scope}) => !there.has(scope))) {
      const {scope: whole, dataKeyVersionIds, rootKeyVersionIds} = withPrunedVersions(record);
      const made = toNewScope(whole);
      requireAllInUse(roots, made.rootKeyVersions);
      requireOpenedDataKeys(roots, made);
      const pruned = dataKeyVersionIds.reduce((scope, id) => withoutDataKeyVersion(scope, id) ?? scope, made);
      const keys = rootKeyVersionIds.reduce((scope, id) => withoutRootKeyVersion(scope, id) ?? scope, pruned);
      await this.#requireNewIds(keyIdsOf(keys));
      await this.#insertNew('keystore', {
        _id: keys.scope,
        revision: newRevision(),
        incarnation: randomBytes(16).toString('hex'),
        scopePosition: await this.#nextScopePosition(),
        ...toScopeMembers(keys),
      });
    }
  }

  async #nextScopePosition(): Promise<number> {
    const change = {$inc: {[LAST_SCOPE_POSITION]: 1, [COLLECTION_VERSION]: 1}};
    const hierarchy = await this.#connection.findAndUpdate('hierarchy', {_id: HIERARCHY._id}, change);
    return integer(hierarchy?.[LAST_SCOPE_POSITION]);
  }

  async #requireNewIds(ids: readonly string[]): Promise<void> {
    const [found] = await this.#find('keystore', {keyIds: {$in: ids}}, 1, {_id: 1});
    if (found) throw new DuplicateError('A key with that id exists.');
  }

  async #putKeystore({config, creator, acknowledged}: TransferRecords['keystore']): Promise<void> {
    const scope = await this.#connection.findOne('keystore', {_id: config.id}, {reading: 'current'});
    if (scope?.['config'] !== undefined) return;
    const {dataKeyVersionId} = config.authentication;
    await requireDataKeyVersions(this.#connection, scope ?? {}, [dataKeyVersionId]);
    if (!scope) throw new KeyNotFoundError(`There is no data key version ${dataKeyVersionId}.`);
    const acknowledgedBy = [...new Set([...acknowledged, creator])];
    await this.#connection.update(
      'keystore',
      {_id: config.id, revision: text(scope['revision'])},
      {
        $set: {
          config: toConfigMember(config),
          position: await nextPosition(this.#connection, 'keystore'),
          ...{creator, acknowledgedBy, listedFor: toListedFor(config, acknowledgedBy)},
          revision: newRevision(),
        },
      },
    );
  }

  async #putReplay({digest, expiresAt}: TransferRecords['replay']): Promise<void> {
    if (digest.length !== 32) throw new TypeError('A digest has 32 bytes.');
    const by = randomBytes(12).toString('base64url');
    await this.#insertNew('replay', {_id: Buffer.from(digest), expiresAt, by});
  }

  async #putJob({id, steps, finishedAt, ...job}: TransferRecords['job']): Promise<void> {
    if (id === '' || finishedAt === undefined) throw new TypeError('A job that is moved has ended.');
    const [newest] = await this.#find('maintenance_job', {}, 1, {position: 1}, {position: -1});
    const position = 1 + (newest ? integer(newest['position']) : 0);
    await this.#insertNew('maintenance_job', {_id: id, slot: id, steps, finishedAt, ...job, position});
  }

  #find(
    name: 'keystore' | 'maintenance_job',
    conditions: StoredDocument,
    limit: number,
    projection: Readonly<Record<string, 0 | 1>>,
    sort?: Readonly<Record<string, 1 | -1>>,
  ): Promise<readonly StoredDocument[]> {
    const selection = {reading: 'current', limit: Math.max(1, limit), projection} as const;
    return this.#connection.find(name, conditions, {...selection, ...(sort && {sort})});
  }

  /** What is there stays as it is. */
  async #insertNew(
    name: 'hierarchy' | 'keystore' | 'replay' | 'maintenance_job',
    document: StoredDocument,
  ): Promise<void> {
    try {
      await this.#connection.insert(name, document);
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      const found = await this.#connection.findOne(name, {_id: document['_id']}, {reading: 'current'});
      if (!found) throw error;
    }
  }
}
