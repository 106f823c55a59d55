import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {asksFor, mayCome, notAsked, openingPlace} from './asking.ts';
import {Redacted} from './redacted.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {IdentifiedRootWrapper, RootWrapper} from './root-wrapper.ts';
import {NO_SECRETS, OpeningSecrets} from './secrets.ts';
import {openStoredRoots, type OpenedRoot, type RootOfTrustLog} from './stored-root.ts';
import {RootTrust, type RootTrustOptions} from './root-trust.ts';
import {notVouched} from './vouching.ts';

export interface OpenRootsOptions extends RootTrustOptions {
  readonly log: RootOfTrustLog;
}

const NO_LOG: RootOfTrustLog = {info: () => undefined, warn: () => undefined};

/** What is opened, and where. */
interface OpeningPlan {
  /** Those that may be opened, with the places where they are. */
  readonly inPlace: readonly RootWrapperRecord[];
  /** Where one of them may have moved to. */
  readonly hint: string | undefined;
  /** Those that are not opened at the place of their URI, unless one that opens vouches for it. */
  readonly withheld: readonly RootWrapperRecord[];
}

/** The store's roots as last read, and those of them that are open in this process; which may be, `RootTrust` says. */
export class OpenRoots extends Redacted {
  readonly #options: OpenRootsOptions;
  readonly #wrappers = new Map<string, RootWrapper>();
  /** Why a root could not be opened. */
  readonly #absences = new Map<string, RootOfTrustError>();
  #records: readonly RootWrapperRecord[] = [];
  /** The wrappers in the order of the records; undefined since either has changed. Each request asks for them. */
  #open: readonly IdentifiedRootWrapper[] | undefined;
  readonly #trust: RootTrust;
  /** Until roots were opened once. */
  #starting = true;

  constructor(options: OpenRootsOptions) {
    super();
    this.#options = options;
    this.#trust = new RootTrust(options, this);
  }

  get records(): readonly RootWrapperRecord[] {
    return this.#records;
  }

  get absences(): ReadonlyMap<string, RootOfTrustError> {
    return this.#absences;
  }

  /** Those that are not there, or do not answer, and may come by themselves. */
  get awaited(): readonly RootWrapperRecord[] {
    return this.#records.filter(({id, uri, state}) => {
      if (state === 'retiring' || this.#wrappers.has(id)) return false;
      const {reason = 'away'} = this.#absences.get(id) ?? {};
      return (reason === 'missing' || reason === 'away') && mayCome(uri, this.#options.scheme);
    });
  }

  get wrappers(): readonly IdentifiedRootWrapper[] {
    return (this.#open ??= this.#records.flatMap(({id}) => {
      const wrapper = this.#wrappers.get(id);
      return wrapper ? [{id, wrapper}] : [];
    }));
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
    const unasked = untried.filter((record) => !asked.includes(record));
    await this.#tryAll(unasked, secrets);
    if (this.isSealed) await this.#tryAll(asked, secrets);
    else for (const {id, uri} of asked) this.#absences.set(id, notAsked(uri));
    this.#starting = false;
    return untried.filter(({id}) => this.#absences.has(id));
  }

  /** @param id of one of them alone */
  retry(id?: string): void {
    if (id === undefined) this.#absences.clear();
    else this.#absences.delete(id);
  }

  /**
   * Whether a root that could not be opened could be now; it is not used, and not kept. Where it cannot, `absences` says why.
   * @throws UnavailableError
   */
  async isBack(record: RootWrapperRecord): Promise<boolean> {
    const secrets = new OpeningSecrets(NO_SECRETS);
    const plan = await this.#plan([record]);
    const outcome = (await this.#openPlanned(plan, secrets, NO_LOG))(record);
    secrets.forget();
    if (!(outcome instanceof RootOfTrustError)) await outcome.close();
    else if (!this.isOpen(record.id)) this.#absences.set(record.id, outcome);
    return !(outcome instanceof RootOfTrustError);
  }

  /** Takes a root into use. */
  hold(id: string, wrapper: RootWrapper): void {
    this.#wrappers.set(id, wrapper);
    this.#open = undefined;
    this.#trust.add(wrapper);
    this.#absences.delete(id);
  }

  /** As `hold`, but of those that are in use one must vouch for it; else it is closed. @throws RootOfTrustError, `not-vouched` */
  async take(record: RootWrapperRecord, wrapper: RootWrapper): Promise<void> {
    const root = {id: record.id, wrapper, record};
    await this.#closingOthers([root], async () => {
      if (!(await this.#trust.admitGiven(root))) throw notVouched(record);
    });
  }

  /** Takes over what another process of this server had in use; what may not be used here is closed. @throws UnavailableError */
  async takeHanded(handed: readonly OpenedRoot[]): Promise<void> {
    await this.#closingOthers(handed, () => this.#trust.admitHanded(handed));
  }

  async close(id: string): Promise<void> {
    const wrapper = this.#wrappers.get(id);
    if (this.#wrappers.delete(id)) this.#open = undefined;
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
    const plan = await this.#plan(records);
    const outcomes = await this.#openPlanned(plan, secrets);
    const opened: OpenedRoot[] = [];
    for (const record of records) {
      const [{id}, wrapper] = [record, outcomes(record)];
      if (wrapper instanceof RootOfTrustError) this.#absences.set(id, wrapper);
      else opened.push({id, wrapper, record});
    }
    await this.#admit(opened, {isWhole: plan.withheld.length === 0});
    const waiting: RootWrapperRecord[] = [];
    for (const record of plan.withheld)
      if (!this.isOpen(record.id) && (await this.#trust.maySeeUri(record))) waiting.push(record);
    if (waiting.length > 0) await this.#openVouchedFor(waiting, secrets);
  }

  /** What nobody vouches for is left alone. */
  async #plan(records: readonly RootWrapperRecord[]): Promise<OpeningPlan> {
    const {settingUri} = this.#options;
    const vouched: RootWrapperRecord[] = [];
    const withheld: RootWrapperRecord[] = [];
    for (const record of records) {
      if (!(await this.#trust.isVouchedFor(record))) continue;
      vouched.push(record);
      if (!(await this.#trust.maySeeUri(record))) withheld.push(record);
    }
    // Of a root that is where the setting says, the setting says nothing about the others.
    const places = [...this.#records, ...this.#wrappers.values()];
    const hint = places.every(({uri}) => uri !== settingUri) ? this.#place(settingUri) : undefined;
    const inPlace = vouched.flatMap((record) => {
      const uri = withheld.includes(record) ? hint : this.#place(record.uri);
      return uri === undefined ? [] : [{...record, uri}];
    });
    return {inPlace, hint, withheld};
  }

  async #openPlanned(
    {inPlace, hint, withheld}: OpeningPlan,
    secrets: OpeningSecrets,
    log = this.#options.log,
  ): Promise<(record: RootWrapperRecord) => RootWrapper | RootOfTrustError> {
    const {scheme} = this.#options;
    const outcomes = await openStoredRoots(inPlace, {settingUri: hint, scheme, log, secrets});
    return (record) => {
      const outcome = outcomes.get(record.id) ?? notVouched(record);
      const isHidden = outcome instanceof RootOfTrustError && withheld.includes(record);
      return isHidden ? notVouched(record) : outcome;
    };
  }

  /** Keeps those that may be used, and closes the others. @param isWhole whether all were tried */
  async #admit(opened: readonly OpenedRoot[], options: {readonly isWhole: boolean}): Promise<void> {
    await this.#closingOthers(opened, async () => {
      for (const {id, record} of await this.#trust.admit(opened, options))
        this.#absences.set(id, notVouched(record));
    });
  }

  /** Closes what was not taken into use. */
  async #closingOthers(opened: readonly OpenedRoot[], admit: () => Promise<unknown>): Promise<void> {
    const isOut = ({id, wrapper}: OpenedRoot): boolean => this.#wrappers.get(id) !== wrapper;
    try {
      await admit();
    } finally {
      for (const root of opened.filter(isOut)) await root.wrapper.close();
    }
  }
}
