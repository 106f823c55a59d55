import {DuplicateError, UnavailableError} from '../../errors.ts';
import type {KeyHierarchyStore, RootWrapperRecord} from '../../storage/key-hierarchy-store.ts';
import {ROOT_KEY_PURPOSE} from '../key-administration.ts';
import {randomId} from '../random-id.ts';
import type {RootWrapper} from '../root-wrapper.ts';
import {InvalidParameterError, KeyInUseError, KeyNotFoundError} from '../sealing-errors.ts';
import type {Wrapper} from '../wrapper.ts';
import type {AllRoots} from './all-roots.ts';
import {assertDeclared} from './parameters.ts';
import type {RootKeySealing} from './root-key-sealing.ts';

export interface ExternalWrappersOptions {
  readonly store: KeyHierarchyStore;
  readonly roots: AllRoots;
  readonly sealing: RootKeySealing;
  readonly purposes: ReadonlySet<string>;
  readonly clock: () => number;
}

const MAX_ATTEMPTS = 10;

/** The wrappers that the application gives, see `KeyAdministration.addExternalWrapper`. */
export class ExternalWrappers {
  readonly #options: ExternalWrappersOptions;
  readonly #wrappers = new Map<string, Wrapper>();

  constructor(options: ExternalWrappersOptions) {
    this.#options = options;
  }

  async add(purpose: string, wrapper: RootWrapper | Wrapper): Promise<void> {
    if (purpose === ROOT_KEY_PURPOSE) return this.#addRoot(asRootWrapper(wrapper));
    assertDeclared(purpose, this.#options.purposes);
    if (this.#wrappers.has(purpose))
      throw new InvalidParameterError(`The purpose "${purpose}" has an external wrapper.`);
    this.#wrappers.set(purpose, wrapper);
  }

  get(purpose: string): Wrapper {
    const [root] = this.#options.roots.opened();
    const found = purpose === ROOT_KEY_PURPOSE ? root?.wrapper : this.#wrappers.get(purpose);
    if (!found) throw new KeyNotFoundError(`The purpose "${purpose}" has no external wrapper.`);
    return found;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#wrappers.values()].map((wrapper) => wrapper.close()));
    await this.#options.roots.close();
  }

  /** Each step is stored, and found again where it was interrupted. */
  async #addRoot(wrapper: RootWrapper): Promise<void> {
    const {store, roots, sealing} = this.#options;
    const {id, state} = await this.#storedRoot(wrapper);
    if (state === 'retiring') throw new InvalidParameterError('The root wrapper is being retired.');
    await roots.add(id, wrapper);
    if (state === 'active') return;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await sealing.sealAll(id, {});
      try {
        await store.updateRootWrapper(id, {from: 'adding', to: 'active'});
        await roots.refresh();
        return;
      } catch (error) {
        // A process that has not seen this root yet has made keys meanwhile.
        if (!(error instanceof KeyInUseError)) throw error;
      }
    }
    throw new UnavailableError('The root wrapper cannot be added: keys are made all the time.');
  }

  async #storedRoot(wrapper: RootWrapper): Promise<RootWrapperRecord> {
    const {store, clock} = this.#options;
    const {uri, keyId: wrapperKeyId, parameters} = wrapper;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const stored = await store.listRootWrappers();
      const known = stored.find((record) => record.wrapperKeyId === wrapperKeyId);
      if (known) return known;
      const record = {
        id: randomId('rw'),
        uri,
        wrapperKeyId,
        ...(parameters !== undefined && {parameters}),
        createdAt: clock(),
      };
      try {
        if (stored.length === 0) await store.insertFirstRootWrapper({...record, state: 'active'});
        else await store.insertRootWrapper({...record, state: 'adding'});
      } catch (error) {
        if (!(error instanceof DuplicateError)) throw error;
      }
    }
    throw new UnavailableError('The root wrapper cannot be stored.');
  }
}

function asRootWrapper(wrapper: RootWrapper | Wrapper): RootWrapper {
  if ('uri' in wrapper && 'check' in wrapper) return wrapper;
  throw new InvalidParameterError('A wrapper for root keys has a URI, and can be checked.');
}
