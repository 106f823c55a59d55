import {KeyInUseError, KeyNotFoundError} from '../key-errors.ts';
import type {RootWrapperRecord, SealedUnderDataKey} from '../key-hierarchy-store.ts';
import {dataKeyVersionIdsOf} from './data-key-versions.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {Target} from './guard-document.ts';
import type {GuardedWrites} from './guarded-write.ts';
import {COLLECTION_VERSION, HIERARCHY, readHierarchy, rootWrappersOf} from './hierarchy-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {
  requireAllOpened,
  requireUnsealable,
  withChangedRoot,
  withRootWrapper,
  type RootWrapperChange,
} from './root-wrapper-rules.ts';
import {scopePlace} from './scope-document.ts';
import {ScopeSealings} from './scope-sealing.ts';
import {text} from './stored-values.ts';

/**
 * The root wrappers: one document, which is compared and swapped. Where their set or their states change, those who seal or
 * unseal root keys meanwhile are fenced first, and then the scopes are looked at (guarded-write.ts).
 */
export class RootWrapperDocuments {
  readonly #connection: MongodbConnection;
  readonly #guarded: GuardedWrites;
  readonly #sealings: ScopeSealings;

  constructor(connection: MongodbConnection, guarded: GuardedWrites) {
    this.#connection = connection;
    this.#guarded = guarded;
    this.#sealings = new ScopeSealings(connection);
  }

  async list(): Promise<readonly RootWrapperRecord[]> {
    const {_id} = HIERARCHY;
    const hierarchy = await this.#connection.findOne('hierarchy', {_id}, {reading: 'decisive'});
    return hierarchy ? rootWrappersOf(hierarchy) : [];
  }

  insertFirst(record: RootWrapperRecord): Promise<boolean> {
    return this.#guarded.run('insert first root wrapper', (attempt) =>
      this.#insert(attempt, record, (roots) => roots.length === 0),
    );
  }

  async insert(record: RootWrapperRecord): Promise<void> {
    await this.#guarded.run('insert root wrapper', (attempt) => this.#insert(attempt, record, () => true));
  }

  update(id: string, change: RootWrapperChange): Promise<boolean> {
    return this.#guarded.run('update root wrapper', async (attempt) => {
      const hierarchy = await readHierarchy(attempt);
      const roots = rootWrappersOf(hierarchy.document);
      const root = roots.find((each) => each.id === id);
      if (root?.state !== change.from) return false;
      const rootWrappers = withChangedRoot(roots, root, change);
      await this.#register(attempt, hierarchy.target, change.sealer);
      if (change.from !== change.to) {
        await attempt.fence(hierarchy.document);
        requireAllOpened(roots, {id, to: change.to}, await this.#sealings.list('decisive'));
      }
      await this.#commit(attempt, hierarchy.target, rootWrappers);
      return true;
    });
  }

  delete(id: string): Promise<boolean> {
    return this.#guarded.run('delete root wrapper', async (attempt) => {
      const hierarchy = await readHierarchy(attempt);
      const roots = rootWrappersOf(hierarchy.document);
      if (!requireUnsealable(roots, id)) return false;
      await attempt.fence(hierarchy.document);
      const sealings = await this.#sealings.list('decisive');
      if (sealings.some(({sealedUnder}) => sealedUnder.has(id))) {
        throw new KeyInUseError('Something is sealed under it.');
      }
      await this.#commit(
        attempt,
        hierarchy.target,
        roots.filter((root) => root.id !== id),
      );
      return true;
    });
  }

  async #insert(
    attempt: Attempt,
    record: RootWrapperRecord,
    mayInsert: (roots: readonly RootWrapperRecord[]) => boolean,
  ): Promise<boolean> {
    const hierarchy = await readHierarchy(attempt);
    const roots = rootWrappersOf(hierarchy.document);
    if (!mayInsert(roots)) return false;
    const rootWrappers = withRootWrapper(roots, record);
    await this.#register(attempt, hierarchy.target, record.sealer);
    await attempt.fence(hierarchy.document);
    if (record.state === 'active' && (await this.#sealings.list('decisive')).length > 0) {
      throw new TypeError('A new root wrapper is adding, or active where there are no keys yet.');
    }
    await this.#commit(attempt, hierarchy.target, rootWrappers);
    return true;
  }

  /** The data key version that a sealer names is in its scope's document, which is the guard then. */
  async #register(attempt: Attempt, target: Target, sealer: SealedUnderDataKey | undefined): Promise<void> {
    if (!sealer) return;
    const {dataKeyVersionId} = sealer;
    const found = await this.#connection.findOne(
      'keystore',
      {keyIds: dataKeyVersionId},
      {projection: {_id: 1}},
    );
    const guard =
      found &&
      (await attempt.register(scopePlace(text(found['_id'])), {
        targets: [target],
        dataKeyVersionIds: [dataKeyVersionId],
      }));
    if (!guard || !dataKeyVersionIdsOf(guard).has(dataKeyVersionId)) {
      throw new KeyNotFoundError('There is no such data key version.');
    }
  }

  async #commit(attempt: Attempt, target: Target, rootWrappers: readonly RootWrapperRecord[]): Promise<void> {
    await attempt.commit(target, {$set: {rootWrappers}, $inc: {[COLLECTION_VERSION]: 1}});
  }
}
