import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {Redacted} from './redacted.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {IdentifiedRootWrapper, RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import type {OpeningSecrets} from './secrets.ts';
import {openStoredRoots, type RootOfTrustLog} from './stored-root.ts';

export interface OpenRootsOptions {
  readonly store: Pick<KeyHierarchyStore, 'listRootWrappers'>;
  /** The setting, normalised. */
  readonly settingUri: string;
  readonly scheme: (uri: string) => RootWrapperScheme;
  readonly log: RootOfTrustLog;
}

/** The store's roots as last read, and those of them that are open in this process. */
export class OpenRoots extends Redacted {
  readonly #options: OpenRootsOptions;
  readonly #wrappers = new Map<string, RootWrapper>();
  /** Why a root could not be opened. */
  readonly #absences = new Map<string, RootOfTrustError>();
  #records: readonly RootWrapperRecord[] = [];

  constructor(options: OpenRootsOptions) {
    super();
    this.#options = options;
  }

  get records(): readonly RootWrapperRecord[] {
    return this.#records;
  }

  get absences(): ReadonlyMap<string, RootOfTrustError> {
    return this.#absences;
  }

  get wrappers(): readonly IdentifiedRootWrapper[] {
    return this.#records.flatMap(({id}) => {
      const wrapper = this.#wrappers.get(id);
      return wrapper ? [{id, wrapper}] : [];
    });
  }

  get isSealed(): boolean {
    return !this.#records.some(({id, state}) => state === 'active' && this.#wrappers.has(id));
  }

  isOpen(id: string): boolean {
    return this.#wrappers.has(id);
  }

  /** Reads the store's list, and closes what is gone or retiring. @throws UnavailableError */
  async read(): Promise<void> {
    this.#records = await this.#options.store.listRootWrappers();
    const isInUse = (id: string): boolean =>
      this.#records.some((record) => record.id === id && record.state !== 'retiring');
    for (const id of [...this.#wrappers.keys()]) if (!isInUse(id)) await this.close(id);
    for (const id of [...this.#absences.keys()]) if (!isInUse(id)) this.#absences.delete(id);
  }

  /**
   * Opens what can be opened. Each root is tried once, until `retry`: not with every change of the store.
   * @param asking whether people are asked for roots although another one is open; of the setting's they always are.
   * @returns the records of those that could not be opened now.
   */
  async open(
    secrets: OpeningSecrets,
    {asking = false}: {readonly asking?: boolean} = {},
  ): Promise<readonly RootWrapperRecord[]> {
    const untried = this.#records.filter(
      ({id, state}) => state !== 'retiring' && !this.#wrappers.has(id) && !this.#absences.has(id),
    );
    const asked = asking ? [] : untried.filter(({uri}) => this.#asks(uri));
    await this.#tryAll(
      untried.filter((record) => !asked.includes(record)),
      secrets,
    );
    if (this.isSealed) await this.#tryAll(asked, secrets);
    else for (const {id, uri} of asked) this.#absences.set(id, notAsked(uri));
    return untried.filter(({id}) => this.#absences.has(id));
  }

  retry(): void {
    this.#absences.clear();
  }

  hold(id: string, wrapper: RootWrapper): void {
    this.#wrappers.set(id, wrapper);
    this.#absences.delete(id);
  }

  async close(id: string): Promise<void> {
    const wrapper = this.#wrappers.get(id);
    this.#wrappers.delete(id);
    await wrapper?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#wrappers.keys()].map((id) => this.close(id)));
  }

  #asks(uri: string): boolean {
    const {settingUri, scheme} = this.#options;
    try {
      return uri !== settingUri && scheme(uri).asks?.(uri) === true;
    } catch (error) {
      // Of a kind that there is not: trying to open it says so.
      if (error instanceof RootOfTrustError) return false;
      throw error;
    }
  }

  async #tryAll(records: readonly RootWrapperRecord[], secrets: OpeningSecrets): Promise<void> {
    const {settingUri, scheme, log} = this.#options;
    // Of a root that is where the setting says, the setting says nothing about the others.
    const places = [...this.#records, ...this.#wrappers.values()];
    const isHint = places.every(({uri}) => uri !== settingUri);
    const outcomes = await openStoredRoots(records, {
      settingUri: isHint ? settingUri : undefined,
      scheme,
      log,
      secrets,
    });
    for (const [id, outcome] of outcomes) {
      if (outcome instanceof RootOfTrustError) this.#absences.set(id, outcome);
      else this.hold(id, outcome);
    }
  }
}

function notAsked(uri: string): RootOfTrustError {
  return new RootOfTrustError(
    'not-asked',
    `Nobody was asked to open the root of trust ${uri}, as another one is open. To open it: webkms admin unseal`,
  );
}
