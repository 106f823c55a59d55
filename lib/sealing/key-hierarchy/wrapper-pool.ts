import {UnavailableError} from '../../errors.ts';
import {Redacted} from '../redacted.ts';
import {InvalidVersionError, KeyNotFoundError} from '../sealing-errors.ts';
import {SealedBlobError} from '../wrapper.ts';
import type {OpenedScope} from './opened-scope.ts';
import {parseVersionId} from './parameters.ts';
import {PooledWrapper, VersionWrapper} from './pooled-wrapper.ts';
import type {ScopeCache} from './scope-cache.ts';
import type {ScopeChanges} from './scope-changes.ts';

export interface WrapperPoolOptions {
  readonly cache: ScopeCache;
  readonly changes: Pick<ScopeChanges, 'create'>;
  /** @throws SealedError, UnavailableError where keys cannot be used, or were forgotten since `epoch` */
  readonly assertUsable: (epoch: symbol) => void;
}

/** Gives out wrappers of the keys that are open, and opens those that are not. */
export class WrapperPool extends Redacted {
  readonly #cache: ScopeCache;
  readonly #changes: WrapperPoolOptions['changes'];
  readonly #assertUsable: WrapperPoolOptions['assertUsable'];

  constructor({cache, changes, assertUsable}: WrapperPoolOptions) {
    super();
    this.#cache = cache;
    this.#changes = changes;
    this.#assertUsable = assertUsable;
  }

  /**
   * @param create the purposes that keys are made for where they are missing.
   * @throws SealedBlobError where the scope has no key for the purpose, and none is made
   */
  async pooled(
    scope: string,
    purpose: string,
    create: ReadonlySet<string> | undefined,
  ): Promise<PooledWrapper> {
    const found = await this.#newest(scope, purpose);
    if (found) return found;
    if (!create) throw new SealedBlobError();
    await this.#changes.create(scope, create);
    const made = await this.#newest(scope, purpose);
    if (!made) throw new UnavailableError('The keys were deleted while they were opened.');
    return made;
  }

  /** @throws InvalidVersionError where the id is not a data key version's; KeyNotFoundError */
  async ofVersion(scope: string, purpose: string, id: string): Promise<VersionWrapper> {
    if (parseVersionId(id) !== 'data-key-version')
      throw new InvalidVersionError('The id is not one of a data key version.');
    const {epoch} = this.#cache;
    const found = await this.#use(scope, async (opened) => {
      const version = await opened.version(purpose, id);
      return version && {version, isNewest: opened.isNewest(purpose, id)};
    });
    this.#assertUsable(epoch);
    if (!found) throw new KeyNotFoundError('The scope has no such version of the purpose’s data key.');
    return new VersionWrapper(found.version, found.isNewest, {
      assertUsable: () => this.#assertUsable(epoch),
    });
  }

  async #newest(scope: string, purpose: string): Promise<PooledWrapper | undefined> {
    const {epoch} = this.#cache;
    const newest = await this.#use(scope, (opened) => opened.newest(purpose));
    this.#assertUsable(epoch);
    if (!newest) return undefined;
    return new PooledWrapper(newest, {
      assertUsable: () => this.#assertUsable(epoch),
      find: (id) => this.#use(scope, (opened) => opened.version(purpose, id)),
    });
  }

  /**
   * What is not in the scope as it is kept, or does not open, may have been changed by another node since: the store is
   * read once more.
   */
  async #use<T>(
    scope: string,
    work: (opened: OpenedScope) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const kept = this.#cache.kept(scope);
    const found = kept && (await work(kept).catch(() => undefined));
    if (found) return found;
    // Only an own read tells absence: one that was joined may have begun before another node stored the keys.
    const opened = (kept ? undefined : await this.#cache.load(scope)) ?? (await this.#cache.read(scope));
    if (!opened) return undefined;
    try {
      return await work(opened);
    } catch (error) {
      this.#cache.drop(scope, opened);
      throw error;
    }
  }
}
