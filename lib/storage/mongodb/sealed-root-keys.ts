import type {KeyHierarchyStore, RootWrapperRecord, ScopeKeysRecord} from '../key-hierarchy-store.ts';
import type {StoredDocument} from './collections.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {GuardedResult, GuardedWrites} from './guarded-write.ts';
import {ConflictError} from './guarded-write-options.ts';
import {toTarget, type Target} from './guard-document.ts';
import {COLLECTION_VERSION, HIERARCHY, rootWrappersOf} from './hierarchy-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {requireSealable, requireUnsealable, withoutSealed} from './root-wrapper-rules.ts';
import {scopePlace, toScopeKeys} from './scope-document.ts';
import {formatSealing, ScopeSealings} from './scope-sealing.ts';
import {text} from './stored-values.ts';

type SealedRootKeys = Parameters<KeyHierarchyStore['insertSealedRootKeys']>[1];

/** Scopes that one registration names: they are written at the same time. */
const BATCH = 16;

interface ReadScope {
  readonly target: Target;
  readonly keys: ScopeKeysRecord;
}

/** What root key versions are sealed to: in the scopes' documents, guarded by the root wrappers'. */
export class SealedRootKeysOfScopes {
  readonly #connection: MongodbConnection;
  readonly #guarded: GuardedWrites;
  readonly #sealings: ScopeSealings;

  constructor(connection: MongodbConnection, guarded: GuardedWrites) {
    this.#connection = connection;
    this.#guarded = guarded;
    this.#sealings = new ScopeSealings(connection);
  }

  /** Scope by scope: what it could not do, e.g. as it was interrupted, it can do the next time. */
  async insert(rootWrapperId: string, sealed: SealedRootKeys): Promise<readonly GuardedResult<unknown>[]> {
    if (sealed.some(({blob}) => blob.length === 0)) throw new TypeError('A sealed key is not empty.');
    const blobs = new Map(sealed.map(({rootKeyVersionId, blob}) => [rootKeyVersionId, blob]));
    const results: GuardedResult<unknown>[] = [];
    const ids = [...blobs.keys()];
    do {
      const batch = ids.splice(0, BATCH);
      const seal = (attempt: Attempt): Promise<void> => this.#seal(attempt, rootWrapperId, batch, blobs);
      results.push(await this.#guarded.runCounted('seal root keys', seal));
    } while (ids.length > 0);
    return results;
  }

  /** @returns how many were deleted. @throws KeyInUseError */
  delete(rootWrapperId: string, limit: number): Promise<GuardedResult<number>> {
    return this.#guarded.runCounted('unseal root keys', async (attempt) => {
      const roots = await this.#readRoots();
      if (!requireUnsealable(roots, rootWrapperId)) return 0;
      const scopes = await this.#sealings.find(
        ({sealedUnder}) => sealedUnder.has(rootWrapperId),
        Math.min(limit, BATCH),
      );
      const read = await this.#readScopes({_id: {$in: scopes}}, scopes.length);
      const current = await this.#register(attempt, read);
      requireUnsealable(current, rootWrapperId);
      let left = limit;
      const unsealed = read.flatMap(({target, keys}) => {
        const rootKeyVersions = keys.rootKeyVersions.map((version) => {
          const isSealed = version.sealed.some((each) => each.rootWrapperId === rootWrapperId);
          if (!isSealed || left === 0) return version;
          left--;
          return withoutSealed(current, version, rootWrapperId);
        });
        const count = keys.rootKeyVersions.filter((version) => !rootKeyVersions.includes(version)).length;
        return count > 0 ? [{target, rootKeyVersions, count}] : [];
      });
      const counts = await Promise.all(
        unsealed.map(async ({target, rootKeyVersions, count}) => {
          const $set = {rootKeyVersions, sealing: formatSealing(rootKeyVersions)};
          return (await attempt.write(target, {$set})) ? count : 0;
        }),
      );
      const deleted = counts.reduce((sum, count) => sum + count, 0);
      if (deleted === 0 && unsealed.length > 0) throw new ConflictError();
      return deleted;
    });
  }

  async #seal(
    attempt: Attempt,
    rootWrapperId: string,
    versionIds: readonly string[],
    blobs: ReadonlyMap<string, Uint8Array>,
  ): Promise<void> {
    const read = await this.#readScopes({keyIds: {$in: versionIds}}, versionIds.length);
    requireSealable(await this.#register(attempt, read), rootWrapperId);
    const isLacking = ({id, sealed}: ScopeKeysRecord['rootKeyVersions'][number]): boolean =>
      versionIds.includes(id) && sealed.every((each) => each.rootWrapperId !== rootWrapperId);
    const written = await Promise.all(
      read
        .filter(({keys}) => keys.rootKeyVersions.some(isLacking))
        .map(({target, keys}) => {
          const rootKeyVersions = keys.rootKeyVersions.map((version) => {
            const blob = blobs.get(version.id);
            if (!blob || !isLacking(version)) return version;
            return {...version, sealed: [...version.sealed, {rootWrapperId, blob}]};
          });
          return attempt.write(target, {$set: {rootKeyVersions, sealing: formatSealing(rootKeyVersions)}});
        }),
    );
    if (written.includes(false)) throw new ConflictError();
  }

  async #register(attempt: Attempt, read: readonly ReadScope[]): Promise<readonly RootWrapperRecord[]> {
    const hierarchy = await attempt.register(HIERARCHY, {
      targets: read.map(({target}) => target),
      countWritten: COLLECTION_VERSION,
      create: true,
    });
    return hierarchy ? rootWrappersOf(hierarchy) : [];
  }

  async #readRoots(): Promise<readonly RootWrapperRecord[]> {
    const {_id} = HIERARCHY;
    const hierarchy = await this.#connection.findOne('hierarchy', {_id}, {reading: 'decisive'});
    return hierarchy ? rootWrappersOf(hierarchy) : [];
  }

  async #readScopes(conditions: StoredDocument, count: number): Promise<readonly ReadScope[]> {
    if (count === 0) return [];
    const found = await this.#connection.find('keystore', conditions, {reading: 'settled', limit: count});
    return found.flatMap((document) => {
      const keys = toScopeKeys(document);
      return keys ? [{keys, target: toTarget(scopePlace(text(document['_id'])), document)}] : [];
    });
  }
}
