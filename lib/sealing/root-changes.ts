import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {openNewRoot, type NewRoot} from './new-root.ts';
import {retireRoot} from './retire-root.ts';
import type {RootOfTrust} from './root-of-trust.ts';
import {sealSealer, storeSealers} from './root-sealer-records.ts';
import type {RootStatus} from './root-status.ts';
import type {RootWrapper} from './root-wrapper.ts';
import {KeyInUseError, SealedError} from './sealing-errors.ts';
import {NO_SECRETS, OpeningSecrets, type SecretSource} from './secrets.ts';
import {newRootRecord} from './seed-root.ts';
import {SoleChanges, type WhileHeld} from './sole-changes.ts';
import type {RootOfTrustLog} from './stored-root.ts';
import type {Wrapper} from './wrapper.ts';
import {ShamirWrapper} from './wrappers/shamir-wrapper.ts';

/** What of the key hierarchy changes of the roots need. */
export interface RootKeys {
  /** Seals the sealers of roots. */
  rootSealerWrapper(options: {readonly create: boolean}): Promise<Pick<Wrapper, 'keyId' | 'seal' | 'open'>>;
  /** Seals every root key version that lacks it under the root. */
  sealRootKeysUnder(rootWrapperId: string, options: RootChangeOptions): Promise<void>;
  /** Reads what others have changed in the store. */
  refresh(): Promise<void>;
}

export interface RootChangesOptions {
  readonly store: KeyHierarchyStore;
  readonly root: RootOfTrust;
  readonly hierarchy: RootKeys;
  readonly log: RootOfTrustLog;
  /** Keeps other processes of this store from changing the roots. Default: there are none */
  readonly whileHeld?: WhileHeld;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

export interface RootChangeOptions {
  /** How many root key versions are done, of how many. */
  readonly onProgress?: (progress: {readonly done: number; readonly total: number}) => void;
  /** Where it is aborted, the change stops between two writes. */
  readonly signal?: AbortSignal;
}

export interface AddedRoot {
  /** `rw_…` */
  readonly id: string;
  /** Of a root in shares: they are nowhere else. */
  readonly shares?: readonly string[];
  /** Whether a new key was made: the operator must back it up. */
  readonly created: boolean;
}

/** How often the store may have got new root keys while the last ones were sealed. */
const ATTEMPTS = 5;

/**
 * Adds and retires roots of trust while the server runs. Each write leaves a store that opens; what was interrupted is
 * finished by `resume`, or by asking again.
 */
export class RootChanges {
  readonly #store: KeyHierarchyStore;
  readonly #root: RootOfTrust;
  readonly #hierarchy: RootKeys;
  readonly #log: RootOfTrustLog;
  readonly #clock: () => number;
  readonly #changes: SoleChanges;

  constructor({store, root, hierarchy, log, whileHeld, clock = Date.now}: RootChangesOptions) {
    this.#store = store;
    this.#root = root;
    this.#hierarchy = hierarchy;
    this.#log = log;
    this.#clock = clock;
    this.#changes = new SoleChanges(whileHeld);
  }

  list(): readonly RootStatus[] {
    return this.#root.status();
  }

  /**
   * Opens a root, or makes it where it does not exist, and seals every root key under it. One in shares is closed again
   * then: it opens when somebody gives its shares back.
   * @throws RootOfTrustError where it cannot be opened or is there already; SealedError; UnavailableError
   */
  add(
    uri: string,
    {secrets = NO_SECRETS, ...options}: RootChangeOptions & {readonly secrets?: SecretSource} = {},
  ): Promise<AddedRoot> {
    return this.#changes.run(options.signal, async (signal) => {
      const scheme = this.#root.scheme(uri);
      const place = scheme.normalize(uri);
      await this.#refresh();
      if (this.#root.isSealed()) throw new SealedError();
      const opening = new OpeningSecrets(secrets);
      try {
        const found = await openNewRoot(scheme, place, {records: this.#root.records(), secrets: opening});
        return await this.#addOpened(found, {...options, signal});
      } finally {
        opening.forget();
      }
    });
  }

  /**
   * Takes a root out of use: deletes what is sealed under it, and forgets it. Its key is the operator's to destroy.
   * @throws KeyNotFoundError; KeyInUseError where no other root is open that opens everything
   */
  retire(id: string, options: RootChangeOptions = {}): Promise<void> {
    return this.#changes.run(options.signal, async (signal) => {
      await this.#refresh();
      await this.#retire(id, {...options, signal});
    });
  }

  /**
   * Finishes what was interrupted; what another process is doing is left to it.
   * @throws UnavailableError where that cannot be done now
   */
  resume({signal: stop}: {readonly signal?: AbortSignal} = {}): Promise<void> {
    const isUnfinished = async (): Promise<boolean> => {
      await this.#refresh();
      return this.#root.records().some(({state}) => state !== 'active');
    };
    return this.#changes.runIfAlone(stop, isUnfinished, async (signal) => {
      await this.#refresh();
      for (const record of this.#root.records()) {
        if (record.state === 'retiring') await this.#retire(record.id, {signal});
        if (record.state === 'adding' && !this.#root.isSealed()) await this.#resumeAdding(record, signal);
      }
    });
  }

  async #addOpened(
    {wrapper, created, shares, listed}: NewRoot,
    options: RootChangeOptions,
  ): Promise<AddedRoot> {
    const {uri} = wrapper;
    if (listed?.state === 'adding') {
      await this.#root.adopt(listed.id, wrapper);
      await this.#finishAdding(listed.id, options);
      return {id: listed.id, created: false};
    }
    let id: string;
    try {
      id = await this.#insert(wrapper);
    } catch (error) {
      await wrapper.close();
      throw error;
    }
    await this.#root.adopt(id, wrapper);
    this.#log.info({id, uri}, 'adding a root of trust');
    try {
      await this.#finishAdding(id, options);
    } catch (error) {
      // Nobody gets its shares any more.
      if (shares) await this.#abandon(id);
      throw error;
    }
    if (!shares) return {id, created};
    await this.#root.release(id);
    return {id, created, shares};
  }

  /** @returns the id under which the store lists it now. */
  async #insert(wrapper: RootWrapper): Promise<string> {
    const sealers = await this.#hierarchy.rootSealerWrapper({create: true});
    await storeSealers(sealers, {store: this.#store, root: this.#root});
    const record = newRootRecord(wrapper, {state: 'adding', createdAt: this.#clock()});
    const sealer = await sealSealer(record, wrapper, sealers);
    await this.#store.insertRootWrapper({...record, sealer});
    return record.id;
  }

  async #finishAdding(id: string, options: RootChangeOptions): Promise<void> {
    await this.#hierarchy.refresh();
    for (let attempt = 1; ; attempt++) {
      await this.#hierarchy.sealRootKeysUnder(id, options);
      options.signal?.throwIfAborted();
      try {
        await this.#store.updateRootWrapper(id, {from: 'adding', to: 'active'});
        break;
      } catch (error) {
        // A root key was made meanwhile by a node that had not heard of this root.
        if (!(error instanceof KeyInUseError) || attempt === ATTEMPTS) throw error;
      }
    }
    await this.#refresh();
    this.#log.info({id}, 'the root of trust was added');
  }

  /** Of a root in shares that is not active nobody has the shares: `add` gives them at the end. */
  async #resumeAdding({id, uri}: RootWrapperRecord, signal: AbortSignal): Promise<void> {
    const isOpen = this.#root.opened().some((opened) => opened.id === id);
    if (isOpen) return this.#finishAdding(id, {signal});
    if (!ShamirWrapper.isUri(uri)) {
      this.#log.warn(
        {id, uri},
        'a root of trust that is being added cannot be opened: add it again, or retire it',
      );
      return;
    }
    this.#log.warn(
      {id, uri},
      'adding a root of trust was interrupted before its shares were given: add another one',
    );
    await this.#retire(id, {signal});
  }

  async #abandon(id: string): Promise<void> {
    try {
      await this.#retire(id, {});
    } catch (err) {
      this.#log.warn(
        {id, err},
        'a root of trust that was not added could not be removed now; that is done later',
      );
      await this.#root.release(id).catch(() => undefined);
    }
  }

  async #retire(id: string, options: RootChangeOptions): Promise<void> {
    const {store, refresh} = {store: this.#store, refresh: () => this.#refresh()};
    await retireRoot(id, {...options, store, root: this.#root, refresh});
    this.#log.info({id}, 'the root of trust was retired');
  }

  async #refresh(): Promise<void> {
    await this.#root.refresh();
    await this.#hierarchy.refresh();
  }
}
