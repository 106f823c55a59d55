import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {asksFor, notAsked, openingPlace, runsWhatItNames} from './asking.ts';
import {Redacted} from './redacted.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {IdentifiedRootWrapper, RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import type {OpeningSecrets} from './secrets.ts';
import {openStoredRoots, type OpenedRoot, type RootOfTrustLog} from './stored-root.ts';
import {notVouched, vouches} from './vouching.ts';

export interface OpenRootsOptions {
  readonly store: Pick<KeyHierarchyStore, 'listRootWrappers' | 'findScope'>;
  /** The setting, normalised. */
  readonly settingUri: string;
  readonly scheme: (uri: string) => RootWrapperScheme;
  readonly log: RootOfTrustLog;
}

/**
 * The store's roots as last read, and those of them that are open in this process. A root that opens is not used for
 * that: who can write to the store could list one whose secret they know. An operator has named or given its secret, as the
 * setting, at a terminal or in shares; or one that is in use vouches for it. To a process that has used none yet, the only
 * one that is listed will do, or, where nobody has named one of those that open, all of them if they vouch for each other.
 */
export class OpenRoots extends Redacted {
  readonly #options: OpenRootsOptions;
  readonly #wrappers = new Map<string, RootWrapper>();
  /** Why a root could not be opened. */
  readonly #absences = new Map<string, RootOfTrustError>();
  #records: readonly RootWrapperRecord[] = [];
  /** The wrappers in the order of the records; undefined since either has changed. Each request asks for them. */
  #open: readonly IdentifiedRootWrapper[] | undefined;
  /** Fingerprints of all that were in use in this process. */
  readonly #known = new Set<string>();
  /** Until roots were opened once. */
  #starting = true;

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
    return (this.#open ??= this.#listOpen());
  }

  #listOpen(): readonly IdentifiedRootWrapper[] {
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
    this.#open = undefined;
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
    this.#starting = false;
    return untried.filter(({id}) => this.#absences.has(id));
  }

  retry(): void {
    this.#absences.clear();
  }

  /** Takes a root into use. */
  hold(id: string, wrapper: RootWrapper): void {
    this.#wrappers.set(id, wrapper);
    this.#open = undefined;
    this.#known.add(wrapper.keyId);
    this.#absences.delete(id);
  }

  /** As `hold`, but of those that are in use one must vouch for it; else it is closed. @throws RootOfTrustError, `not-vouched` */
  async take(record: RootWrapperRecord, wrapper: RootWrapper): Promise<void> {
    let isVouchedFor = false;
    try {
      isVouchedFor = await this.#isVouchedFor(record);
    } finally {
      if (!isVouchedFor) await wrapper.close();
    }
    if (!isVouchedFor) throw notVouched(record);
    this.hold(record.id, wrapper);
  }

  /** Where any is in use. @throws UnavailableError */
  async #isVouchedFor(record: RootWrapperRecord): Promise<boolean> {
    const trusted = this.#trusted();
    if (trusted.length === 0) return true;
    for (const root of trusted) if (await vouches(root, record, this.#options.store)) return true;
    return false;
  }

  async close(id: string): Promise<void> {
    const wrapper = this.#wrappers.get(id);
    this.#wrappers.delete(id);
    this.#open = undefined;
    await wrapper?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#wrappers.keys()].map((id) => this.close(id)));
  }

  #asks(uri: string): boolean {
    return uri !== this.#options.settingUri && asksFor(this.#place(uri), this.#options.scheme);
  }

  #place(uri: string): string {
    const {settingUri} = this.#options;
    return openingPlace(uri, {settingUri, starting: this.#starting});
  }

  /** The setting's root first, if that is listed where the setting says: it decides about the others. */
  async #tryAll(records: readonly RootWrapperRecord[], secrets: OpeningSecrets): Promise<void> {
    const {settingUri} = this.#options;
    await this.#openVouchedFor(
      records.filter(({uri}) => uri === settingUri),
      secrets,
    );
    await this.#openVouchedFor(
      records.filter(({uri}) => uri !== settingUri),
      secrets,
    );
  }

  async #openVouchedFor(records: readonly RootWrapperRecord[], secrets: OpeningSecrets): Promise<void> {
    const {settingUri, scheme, log} = this.#options;
    const vouched: RootWrapperRecord[] = [];
    for (const record of records)
      if (await this.#isVouchedFor(record)) vouched.push(record);
      else this.#absences.set(record.id, notVouched(record));
    // Of a root that is where the setting says, the setting says nothing about the others.
    const places = [...this.#records, ...this.#wrappers.values()];
    const isHint = places.every(({uri}) => uri !== settingUri);
    const isSure = ({uri}: RootWrapperRecord): boolean =>
      uri === settingUri || this.#trusted().length > 0 || !runsWhatItNames(uri, scheme);
    const withheld = vouched.filter((record) => !isSure(record));
    const inPlace = vouched.flatMap((record) => {
      if (!withheld.includes(record)) return [{...record, uri: this.#place(record.uri)}];
      this.#absences.set(record.id, notVouched(record));
      return isHint ? [{...record, uri: this.#place(settingUri)}] : [];
    });
    const outcomes = await openStoredRoots(inPlace, {
      settingUri: isHint ? this.#place(settingUri) : undefined,
      scheme,
      log,
      secrets,
    });
    const opened: OpenedRoot[] = [];
    for (const record of vouched) {
      const outcome = outcomes.get(record.id);
      if (outcome instanceof RootOfTrustError) this.#absences.set(record.id, outcome);
      else if (outcome) opened.push({id: record.id, wrapper: outcome, record});
    }
    await this.#admit(opened, {isWhole: withheld.length === 0});
    const waiting = withheld.filter(({id}) => !this.#wrappers.has(id));
    if (waiting.length > 0 && this.#trusted().length > 0) await this.#openVouchedFor(waiting, secrets);
  }

  /** Keeps those that may be used, and closes the others. @param isWhole whether all were tried */
  async #admit(opened: readonly OpenedRoot[], {isWhole}: {readonly isWhole: boolean}): Promise<void> {
    const waiting = new Set(opened);
    try {
      const admit = (roots: readonly OpenedRoot[]): void => {
        for (const root of roots) {
          waiting.delete(root);
          this.hold(root.id, root.wrapper);
        }
      };
      const isFirst = this.#known.size === 0;
      if (isFirst && this.#records.length === 1) admit(opened);
      admit([...waiting].filter(({wrapper}) => this.#known.has(wrapper.keyId)));
      if (this.#trusted().length === 0) admit([...waiting].filter((root) => this.#isGiven(root)));
      if (isFirst && isWhole && this.#trusted().length === 0) {
        const active = opened.filter(({record}) => record.state === 'active');
        if (await this.#vouchForEachOther(active)) admit(active);
      }
      const isUsed = this.#trusted().length > 0;
      for (const root of [...waiting]) {
        if (isUsed && (await this.#isVouchedFor(root.record))) admit([root]);
        else this.#absences.set(root.id, notVouched(root.record));
      }
    } finally {
      for (const {wrapper} of waiting) await wrapper.close();
    }
  }

  /** Those that are in use, and open everything. */
  #trusted(): readonly IdentifiedRootWrapper[] {
    return this.wrappers.filter(({id}) =>
      this.#records.some((record) => record.id === id && record.state === 'active'),
    );
  }

  /** By the setting, or at a terminal; the fingerprint shows that it is the one which is listed. */
  #isGiven({wrapper, record}: OpenedRoot): boolean {
    const {settingUri, scheme} = this.#options;
    const isNamed = wrapper.uri === settingUri;
    return record.state === 'active' && (isNamed || asksFor(wrapper.uri, scheme));
  }

  async #vouchForEachOther(roots: readonly OpenedRoot[]): Promise<boolean> {
    for (const by of roots) {
      for (const {record} of roots) if (!(await vouches(by, record, this.#options.store))) return false;
    }
    return true;
  }
}
