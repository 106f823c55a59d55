import type {RootWrapperRecord} from '../../storage/key-hierarchy-store.ts';
import {Redacted} from '../redacted.ts';
import type {IdentifiedRootSealer, RootSealer, RootSet} from '../root-wrapper.ts';
import {KeyNotFoundError} from '../sealing-errors.ts';
import {SealedBlobError} from '../wrapper.ts';
import {rootUnavailable} from './root-access.ts';

interface KeptSealer {
  readonly blob: Uint8Array;
  readonly sealer: RootSealer;
}

export interface RootSealersOptions {
  readonly roots: RootSet;
  /** Opens the sealer that the record keeps. */
  readonly openSealer: (record: RootWrapperRecord, blob: Uint8Array) => Promise<RootSealer>;
}

/** Whatever seals for each root that new root keys are sealed under: its wrapper where that is open, else its sealer. */
export class RootSealers extends Redacted {
  readonly #roots: RootSet;
  readonly #openSealer: RootSealersOptions['openSealer'];
  readonly #kept = new Map<string, KeptSealer>();

  constructor({roots, openSealer}: RootSealersOptions) {
    super();
    this.#roots = roots;
    this.#openSealer = openSealer;
  }

  /** For every root that is `adding` or `active`. @throws UnavailableError, whose cause names the root that cannot be used */
  all(): Promise<readonly IdentifiedRootSealer[]> {
    return this.#collect(() => true);
  }

  /** @throws KeyNotFoundError where there is no such root that is `adding` or `active`; UnavailableError as `all` */
  async one(id: string): Promise<IdentifiedRootSealer> {
    const [found] = await this.#collect((record) => record.id === id);
    if (found) return found;
    throw new KeyNotFoundError('There is no such root wrapper, or it is being retired.');
  }

  /** Closes the sealers that are open. */
  forget(): void {
    for (const {sealer} of this.#kept.values()) sealer.close();
    this.#kept.clear();
  }

  async #collect(wanted: (record: RootWrapperRecord) => boolean): Promise<readonly IdentifiedRootSealer[]> {
    try {
      const found = await this.#collectNow(wanted);
      if (found.length > 0) return found;
    } catch (error) {
      if (!this.#roots.refresh) throw error;
    }
    // The list may be old: the root may be there, have its sealer, or be gone by now.
    await this.#roots.refresh?.();
    return this.#collectNow(wanted);
  }

  async #collectNow(
    wanted: (record: RootWrapperRecord) => boolean,
  ): Promise<readonly IdentifiedRootSealer[]> {
    const wrappers = new Map(this.#roots.opened().map(({id, wrapper}) => [id, wrapper]));
    const records = this.#roots.records().filter(({state}) => state !== 'retiring');
    this.#dropOthers(new Set(records.map(({id}) => id)));
    return Promise.all(
      records.filter(wanted).map(async (record) => {
        const sealer = wrappers.get(record.id) ?? (await this.#sealerOf(record));
        return {id: record.id, sealer};
      }),
    );
  }

  async #sealerOf(record: RootWrapperRecord): Promise<RootSealer> {
    const {id, uri, sealer: stored} = record;
    if (!stored)
      throw rootUnavailable(new Error(`The root ${uri} is not open, and the store has no sealer of it.`));
    const kept = this.#kept.get(id);
    if (kept && Buffer.from(kept.blob).equals(stored.blob)) return kept.sealer;
    let sealer: RootSealer;
    try {
      sealer = await this.#openSealer(record, stored.blob);
    } catch (cause) {
      throw rootUnavailable(new Error(`The sealer of the root ${uri} could not be opened.`, {cause}));
    }
    if (sealer.keyId !== record.wrapperKeyId) {
      sealer.close();
      const cause = new SealedBlobError();
      throw rootUnavailable(new Error(`The sealer of the root ${uri} is another root's.`, {cause}));
    }
    kept?.sealer.close();
    this.#kept.set(id, {blob: stored.blob, sealer});
    return sealer;
  }

  #dropOthers(ids: ReadonlySet<string>): void {
    for (const [id, {sealer}] of this.#kept) {
      if (ids.has(id)) continue;
      sealer.close();
      this.#kept.delete(id);
    }
  }
}
