import {UnavailableError} from '../../errors.ts';
import type {KeyHierarchyStore, ScopeKeysRecord} from '../../storage/key-hierarchy-store.ts';
import {Turns} from '../../turns.ts';
import type {IdentifiedRootSealer, RootSet} from '../root-wrapper.ts';
import {ROOTS_SCOPE} from '../scopes.ts';
import {SealedBlobError} from '../wrapper.ts';
import {resealRootKey, rootUnavailable} from './root-access.ts';
import type {RootSealers} from './root-sealers.ts';
import {findScopeRecord} from './scope-record.ts';

/** How many root key versions are sealed under a root, of how many. */
export interface SealingProgress {
  readonly done: number;
  readonly total: number;
}

export interface SealUnderOptions {
  readonly onProgress?: (progress: SealingProgress) => void;
  /** How many scopes are read and stored at a time. */
  readonly batch?: number;
  /** Where it is aborted, what is stored stays, and the rest can be done later. */
  readonly signal?: AbortSignal;
}

interface SealedUnderRoot {
  readonly rootKeyVersionId: string;
  readonly blob: Uint8Array;
}

const BATCH = 64;
/** Batches after which nothing more was sealed than before. */
const MAX_IDLE_BATCHES = 3;

/** Seals root keys under one root after another. */
export class RootKeySealing {
  readonly #store: KeyHierarchyStore;
  readonly #roots: RootSet;
  readonly #sealers: RootSealers;

  constructor({store, roots, sealers}: {store: KeyHierarchyStore; roots: RootSet; sealers: RootSealers}) {
    this.#store = store;
    this.#roots = roots;
    this.#sealers = sealers;
  }

  /** Seals every root key version that lacks it under the root. Can be interrupted anywhere, and done again. */
  async sealAll(rootWrapperId: string, {onProgress, batch = BATCH, signal}: SealUnderOptions): Promise<void> {
    let before = -1;
    for (let idle = 0; ;) {
      signal?.throwIfAborted();
      const {sealed: done, total} = await this.#store.countSealed(rootWrapperId);
      onProgress?.({done, total});
      const scopes = await this.#store.listScopesLacking(rootWrapperId, {limit: batch});
      if (scopes.length === 0) return;
      idle = done > before ? 0 : idle + 1;
      before = done;
      if (idle > MAX_IDLE_BATCHES)
        throw new UnavailableError('Root keys are left that the store does not let be sealed.');
      // Last, as it may have to wait for the root to be open.
      const others = scopes.filter((scope) => scope !== ROOTS_SCOPE);
      await this.#sealScopes(rootWrapperId, others.length > 0 ? others : scopes, signal);
    }
  }

  /** Seals a scope's root key versions under every root that they lack. */
  async sealScope(record: ScopeKeysRecord): Promise<void> {
    for (const root of await this.#sealers.all()) {
      const sealed = await this.#sealLacking(record, root);
      if (sealed.length > 0) await this.#store.insertSealedRootKeys(root.id, sealed);
    }
  }

  async #sealScopes(
    rootWrapperId: string,
    scopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const root = await this.#sealers.one(rootWrapperId);
    const turns = new Turns();
    const sealed: SealedUnderRoot[] = [];
    for (const scope of scopes) {
      await turns.next();
      signal?.throwIfAborted();
      const record = await findScopeRecord(this.#store, scope);
      if (record) sealed.push(...(await this.#sealLacking(record, root)));
    }
    if (sealed.length > 0) await this.#store.insertSealedRootKeys(rootWrapperId, sealed);
  }

  async #sealLacking(
    record: ScopeKeysRecord,
    under: IdentifiedRootSealer,
  ): Promise<readonly SealedUnderRoot[]> {
    const opened = this.#roots.opened();
    const lacking = record.rootKeyVersions.filter(({sealed}) =>
      sealed.every(({rootWrapperId}) => rootWrapperId !== under.id),
    );
    // The sealers are only as authentic as this scope's keys: no sealer seals what it is itself sealed under.
    if (record.scope === ROOTS_SCOPE && lacking.length > 0 && !opened.some(({id}) => id === under.id))
      throw rootUnavailable(new Error(`The root wrapper ${under.id} must be open to be added.`));
    const sealed: SealedUnderRoot[] = [];
    for (const version of lacking) {
      try {
        sealed.push({
          rootKeyVersionId: version.id,
          blob: await resealRootKey(record, version, {opened, under}),
        });
      } catch (error) {
        if (!(error instanceof SealedBlobError)) throw error;
        throw new SealedBlobError({
          cause: new Error(`The root key version ${version.id} of the scope ${record.scope} does not open.`, {
            cause: error,
          }),
        });
      }
    }
    return sealed;
  }
}
