import {UnavailableError} from '../../errors.ts';
import type {DataKeyVersionReferencer, KeyHierarchyStore} from '../../storage/key-hierarchy-store.ts';
import type {KeyAdministration, KeyInfo} from '../key-administration.ts';
import {Redacted} from '../redacted.ts';
import type {RootWrapper} from '../root-wrapper.ts';
import {PURPOSES, ROOT_SEALER_PURPOSE, ROOTS_SCOPE} from '../scopes.ts';
import type {OpenScopeWrappers} from '../sealer.ts';
import {InvalidSchemaError, KeyNotFoundError, SealedError} from '../sealing-errors.ts';
import type {Wrapper} from '../wrapper.ts';
import {AllRoots} from './all-roots.ts';
import {CollectionView} from './collection-view.ts';
import {ExternalWrappers} from './external-wrappers.ts';
import type {KeyHierarchyOptions, WrapperOptions} from './options.ts';
import {
  assertAnyScope,
  assertDeclared,
  assertScope,
  choosePurposes,
  declarePurposes,
  parseVersionId,
} from './parameters.ts';
import type {PooledWrapper} from './pooled-wrapper.ts';
import {reconcile} from './reconcile.ts';
import {startRefreshing, type HierarchyLog} from './refreshing.ts';
import {RootKeySealing, type SealUnderOptions} from './root-key-sealing.ts';
import {RootProbes} from './root-probe.ts';
import {RootSealers} from './root-sealers.ts';
import {ScopeCache} from './scope-cache.ts';
import {ScopeChanges} from './scope-changes.ts';
import {findScopeRecord, toKeyInfos} from './scope-record.ts';
import {openStoredSealer, resealStoredSealers} from './stored-sealers.ts';
import {WrapperPool} from './wrapper-pool.ts';

type ScopeWrapper = Pick<Wrapper, 'keyId' | 'seal' | 'open'>;

const ROOTS_PURPOSES: ReadonlySet<string> = new Set([ROOT_SEALER_PURPOSE]);

/** Root wrappers → a root key per scope → a data key per purpose → sealed bytes, each level versioned. */
export class KeyHierarchy extends Redacted implements KeyAdministration, OpenScopeWrappers {
  readonly #store: KeyHierarchyStore;
  readonly #purposes: ReadonlySet<string>;
  readonly #log: HierarchyLog | undefined;
  readonly #roots: AllRoots;
  readonly #cache: ScopeCache;
  readonly #view: CollectionView;
  readonly #pool: WrapperPool;
  readonly #sealers: RootSealers;
  readonly #sealing: RootKeySealing;
  readonly #changes: ScopeChanges;
  readonly #probes: RootProbes;
  readonly #external: ExternalWrappers;
  readonly #stops = new Set<() => void>();
  #closed = false;

  constructor(options: KeyHierarchyOptions) {
    super();
    const {store, purposes = PURPOSES, cacheSize = 4096, clock = Date.now, log} = options;
    const roots = new AllRoots(options.roots, store);
    const cache = new ScopeCache({store, roots, max: cacheSize});
    const view = new CollectionView(() => store.readCollectionVersion());
    const sealers = new RootSealers({
      roots,
      openSealer: async (record, blob) => openStoredSealer(await this.rootSealerWrapper(), record, blob),
    });
    const sealing = new RootKeySealing({store, roots, sealers});
    this.#store = store;
    this.#purposes = declarePurposes(purposes);
    this.#log = log;
    this.#roots = roots;
    this.#cache = cache;
    this.#view = view;
    this.#sealers = sealers;
    this.#sealing = sealing;
    this.#changes = new ScopeChanges({store, roots, sealers, sealing, cache, view, clock});
    this.#pool = new WrapperPool({
      cache,
      changes: this.#changes,
      assertUsable: (epoch) => this.#assertUsable(epoch),
    });
    this.#probes = new RootProbes(roots, clock);
    this.#external = new ExternalWrappers({store, roots, sealing, purposes: this.#purposes, clock});
  }

  /**
   * See `ScopeWrappers`. Without `create`, a scope that lacks the purpose's key throws `SealedBlobError` too.
   * @throws InvalidParameterError where the scope cannot be one or the purpose was not declared; SealedError; with
   *   `keyVersionId`, InvalidVersionError where it is no data key version's id, KeyNotFoundError where there is none
   */
  async wrapperFor(
    scope: string,
    purpose: string,
    options?: {readonly create?: boolean},
  ): Promise<PooledWrapper>;
  async wrapperFor(scope: string, purpose: string, options: WrapperOptions): Promise<ScopeWrapper>;
  async wrapperFor(
    scope: string,
    purpose: string,
    {create = false, keyVersionId}: WrapperOptions = {},
  ): Promise<ScopeWrapper> {
    this.#assertUsable();
    assertScope(scope);
    assertDeclared(purpose, this.#purposes);
    if (keyVersionId !== undefined) return this.#pool.ofVersion(scope, purpose, keyVersionId);
    return this.#pool.pooled(scope, purpose, create ? this.#purposes : undefined);
  }

  /** See `OpenScopeWrappers`. */
  isOpen(scope: string, purpose: string): boolean {
    return !this.#closed && this.#roots.opened().length > 0 && this.#cache.isOpen(scope, purpose);
  }

  /** The wrapper that root wrappers' sealers are sealed by, in the context `rootSealerContext`. @throws as `wrapperFor` */
  async rootSealerWrapper({create = false}: {readonly create?: boolean} = {}): Promise<PooledWrapper> {
    this.#assertUsable();
    return this.#pool.pooled(ROOTS_SCOPE, ROOT_SEALER_PURPOSE, create ? ROOTS_PURPOSES : undefined);
  }

  async createKeys(scope: string, purposes: readonly string[]): Promise<readonly KeyInfo[]> {
    this.#assertUsable();
    assertScope(scope);
    const {record} = await this.#changes.create(scope, choosePurposes(purposes, this.#purposes));
    return toKeyInfos(record);
  }

  async listKeys(scope: string): Promise<readonly KeyInfo[]> {
    assertAnyScope(scope);
    const record = await findScopeRecord(this.#store, scope);
    if (!record) throw new KeyNotFoundError('The scope has no keys.');
    return toKeyInfos(record);
  }

  async rotateKeys(
    scope: string,
    {rewrap = false}: {readonly rewrap?: boolean} = {},
  ): Promise<readonly KeyInfo[]> {
    this.#assertUsable();
    assertAnyScope(scope);
    const record = await this.#changes.rotate(scope);
    if (!rewrap) return toKeyInfos(record);
    await this.rewrapKeys(scope);
    return this.listKeys(scope);
  }

  /** Of the hierarchy's own scope the sealers too, as nobody else rewraps what is sealed there. */
  async rewrapKeys(scope: string): Promise<number> {
    this.#assertUsable();
    assertAnyScope(scope);
    const count = await this.#changes.rewrap(scope);
    if (scope !== ROOTS_SCOPE) return count;
    const resealed = await resealStoredSealers(this.#store, await this.rootSealerWrapper());
    if (resealed > 0) await this.#roots.refresh();
    return count;
  }

  async revokeKeyVersion(id: string): Promise<void> {
    this.#assertUsable();
    const kind = parseVersionId(id);
    const method = kind === 'data-key-version' ? 'deleteDataKeyVersion' : 'deleteRootKeyVersion';
    const existed = await this.#view.change(() => this.#store[method](id), Boolean);
    this.#cache.versionDeleted(id);
    if (!existed) throw new KeyNotFoundError('There is no such key version.');
  }

  async reconcileKeys(
    scopes: Iterable<string> | AsyncIterable<string>,
    purposes: readonly string[],
  ): Promise<number> {
    this.#assertUsable();
    const chosen = choosePurposes(purposes, this.#purposes);
    return reconcile(scopes, async (scope) => {
      assertScope(scope);
      return (await this.#changes.create(scope, chosen)).made;
    });
  }

  listDataKeyVersionReferencers(): Promise<readonly DataKeyVersionReferencer[]> {
    return this.#store.listDataKeyVersionReferencers();
  }

  async validateSchema(): Promise<void> {
    await this.#store.validateSchema();
    const loose = (await this.listDataKeyVersionReferencers()).find(({restricts}) => !restricts);
    if (loose)
      throw new InvalidSchemaError(`${loose.name} does not keep data key versions from being deleted.`);
  }

  /** Deletes a scope with all its keys. @throws KeyInUseError where anything is sealed under one. @returns whether there was one */
  async deleteScope(scope: string): Promise<boolean> {
    assertScope(scope);
    const existed = await this.#view.change(() => this.#store.deleteScope(scope), Boolean);
    this.#cache.deleted(scope);
    return existed;
  }

  /** Seals every root key version of every scope under a root that is `adding` or `active`. Can be interrupted, and done again. */
  async sealRootKeysUnder(rootWrapperId: string, options: SealUnderOptions = {}): Promise<void> {
    this.#assertUsable();
    await this.#sealing.sealAll(rootWrapperId, options);
  }

  addExternalWrapper(purpose: string, wrapper: RootWrapper | Wrapper): Promise<void> {
    return this.#external.add(purpose, wrapper);
  }

  externalWrapper(purpose: string): Wrapper {
    return this.#external.get(purpose);
  }

  /** Whether keys can be made and opened now. @throws SealedError; UnavailableError, its `cause` says why */
  async check(): Promise<void> {
    this.#assertUsable();
    await this.#probes.run();
  }

  /** Learns what other processes have changed. @throws UnavailableError */
  async refresh(): Promise<void> {
    if (!(await this.#view.update())) return;
    this.#cache.changedElsewhere();
    await this.#roots.refresh();
  }

  /** Refreshes every `intervalMs`; failures are logged. @returns a function that stops it */
  startRefreshing(intervalMs: number): () => void {
    const stop = startRefreshing(() => this.refresh(), {intervalMs, log: this.#log});
    this.#stops.add(stop);
    return stop;
  }

  /** Drops all keys. What was given out throws from then on; what is asked for anew opens its keys by the roots again. */
  forget(): void {
    this.#cache.forget();
    this.#sealers.forget();
  }

  /** Drops all keys for good, and closes the external wrappers. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.forget();
    await this.#external.close();
  }

  #assertUsable(epoch?: symbol): void {
    if (this.#closed) throw new UnavailableError('The keys are closed.');
    if (this.#roots.opened().length === 0) throw new SealedError();
    if (epoch !== undefined && epoch !== this.#cache.epoch)
      throw new UnavailableError('The keys were forgotten meanwhile.');
  }
}
