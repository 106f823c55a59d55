import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {assertSharesOpen, logAbsences} from './absent-roots.ts';
import {findScheme} from './find-scheme.ts';
import {handedRoots, takeHanded, type HandedRoot} from './handed-roots.ts';
import {OfferedShares, readShare, type OfferedShare} from './offered-shares.ts';
import {OpenRoots} from './open-roots.ts';
import type {RootOfTrustOptions, RootsChange} from './root-of-trust-options.ts';
import {rootStatuses, type RootStatus} from './root-status.ts';
import type {IdentifiedRootWrapper, RootSet, RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import {NO_SECRETS, OpeningSecrets, type SecretSource} from './secrets.ts';
import {RootTransitions} from './root-transitions.ts';
import {seedRoot, seedShares} from './seed-root.ts';
import {ROOT_WRAPPER_SCHEMES} from './wrappers/schemes.ts';
import {ShamirWrapper} from './wrappers/shamir-wrapper.ts';

/**
 * The roots of trust: which there are, the store says; which of them are open, changes while the server runs. With no
 * `active` one open the server is sealed.
 */
export class RootOfTrust extends RootTransitions implements RootSet {
  /** The setting, normalised. */
  readonly seedUri: string;
  readonly #options: RootOfTrustOptions;
  readonly #roots: OpenRoots;
  readonly #offered = new OfferedShares();
  #created = false;
  #sealedByOperator = false;

  private constructor(options: RootOfTrustOptions) {
    super();
    this.#options = options;
    this.seedUri = this.scheme(options.seedUri).normalize(options.seedUri);
    const {store, log, from} = options;
    const named = options.named?.map((uri) => this.scheme(uri).normalize(uri));
    const scheme = (uri: string): RootWrapperScheme => this.scheme(uri);
    this.#roots = new OpenRoots({store, log, settingUri: this.seedUri, named, scheme, used: from?.used});
  }

  /**
   * Opens the roots that the store lists; any one of them is enough. Where it lists none, the setting's root is opened,
   * or made where it does not exist, and stored as the first; one in shares waits for `initialize`. Safe where several
   * nodes start at once: one root is the first, and a node that cannot open that one does not start.
   * @returns sealed, where none opens but one is in shares.
   * @throws RootOfTrustError where none opens, and then nothing was changed; UnavailableError where the store cannot be reached
   */
  static async open(options: RootOfTrustOptions): Promise<RootOfTrust> {
    const root = new RootOfTrust(options);
    const secrets = new OpeningSecrets(options.secretSource ?? NO_SECRETS);
    try {
      await root.#start(secrets);
      return root;
    } catch (error) {
      await root.close();
      throw error;
    } finally {
      secrets.forget();
    }
  }

  /** Whether a new root was made: the operator must hear of it, and back it up. */
  get created(): boolean {
    return this.#created;
  }

  /** None where the store waits for `initialize`. */
  records(): readonly RootWrapperRecord[] {
    return this.#roots.records;
  }

  opened(): readonly IdentifiedRootWrapper[] {
    return this.isSealed() ? [] : this.#roots.wrappers;
  }

  isSealed(): boolean {
    return this.#roots.isSealed;
  }

  status(): readonly RootStatus[] {
    const [roots, offered] = [this.#roots, this.#offered];
    return rootStatuses({roots, offered, sealedByOperator: this.#sealedByOperator});
  }

  /** Those that are not open and may come by themselves; none where an operator has sealed the server. */
  awaited(): readonly RootWrapperRecord[] {
    return this.#sealedByOperator ? [] : this.#roots.awaited;
  }

  /** Tries one of those again, while all else goes on. @returns whether it is open. @throws UnavailableError */
  async tryAgain(record: RootWrapperRecord): Promise<boolean> {
    if (!(await this.#roots.isBack(record))) return false;
    await this.run(async () => {
      this.#roots.retry(record.id);
      await this.#reload();
    });
    return this.#roots.isOpen(record.id);
  }

  /** Reads the store's list: closes what is gone or retiring, and opens what is new and needs nobody. @throws UnavailableError */
  refresh(): Promise<void> {
    return this.run(() => this.#reload());
  }

  /**
   * Makes the first root, where the setting is one in shares. It stays closed until shares are offered, which shows that
   * somebody has kept them. @returns the shares, which are nowhere else. @throws RootOfTrustError
   */
  initialize(): Promise<{readonly rootWrapperId: string; readonly shares: readonly string[]}> {
    return this.lead('take', async () => {
      const {store, clock = Date.now} = this.#options;
      const made = await seedShares({store, uri: this.seedUri, clock});
      await this.#reload();
      this.#created = true;
      return made;
    });
  }

  /**
   * Takes a share; with enough of them the root opens.
   * @throws RootOfTrustError where it is none, damaged, another root's or there already: then nothing was changed. Where
   *   enough shares do not make the root, all of it are dropped.
   */
  async offerShare(text: string): Promise<OfferedShare> {
    const offered = await this.run(async () => {
      await this.#reload();
      const {share, record} = readShare(text, this.#roots.records);
      const {threshold: needed} = share;
      const rootWrapperId = record.id;
      if (this.#roots.isOpen(rootWrapperId)) {
        share.forget();
        return {rootWrapperId, given: needed, needed, opened: true};
      }
      const wrapper = await this.#offered.add(record, share);
      if (!wrapper) return {rootWrapperId, given: this.#offered.count(rootWrapperId), needed, opened: false};
      await this.#roots.take(record, wrapper);
      this.#sealedByOperator = false;
      return {rootWrapperId, given: needed, needed, opened: true};
    });
    if (offered.opened) await this.tell('unseal');
    return offered;
  }

  discardShares(): void {
    this.#offered.forgetAll();
  }

  /** Closes all roots until an operator unseals, and forgets the shares. */
  seal(): Promise<void> {
    return this.lead('seal', () => this.#seal());
  }

  /** Opens again what needs no shares. What it could not open, `status` says why. */
  unsealStored({secretSource}: {readonly secretSource?: SecretSource} = {}): Promise<void> {
    return this.lead('unseal', async () => {
      this.#sealedByOperator = false;
      this.#roots.retry();
      await this.#reload(secretSource);
    });
  }

  /** What it has open, for another process of this server. Overwriting the secrets is the caller's. */
  handOver(): readonly HandedRoot[] {
    return handedRoots(this.opened());
  }

  /** Does what another process of this server has done. @param roots what that had open then */
  follow(change: RootsChange, roots: readonly HandedRoot[]): Promise<void> {
    return this.run(async () => {
      if (change === 'seal') return this.#seal();
      if (change === 'unseal') this.#sealedByOperator = false;
      if (!this.#sealedByOperator) this.#roots.retry();
      await this.#reload(undefined, roots);
    });
  }

  /** @throws RootOfTrustError, `bad-setting` */
  scheme(uri: string): RootWrapperScheme {
    return findScheme(this.#options.schemes ?? ROOT_WRAPPER_SCHEMES, uri);
  }

  /** Takes over a wrapper that somebody else has opened; the store lists it under this id. */
  adopt(id: string, wrapper: RootWrapper): Promise<void> {
    return this.lead('take', async () => {
      this.#roots.hold(id, wrapper);
      await this.#reload();
    });
  }

  /** Closes one root. */
  release(id: string): Promise<void> {
    return this.lead('take', async () => {
      this.#offered.forget(id);
      await this.#roots.close(id);
      await this.#reload();
    });
  }

  async close(): Promise<void> {
    this.forgetListeners();
    this.#offered.forgetAll();
    await this.#roots.closeAll();
  }

  async #start(secrets: OpeningSecrets): Promise<void> {
    const {store, log, clock = Date.now, from} = this.#options;
    const uri = this.seedUri;
    if ((await store.listRootWrappers()).length === 0) {
      if (ShamirWrapper.isUri(uri)) {
        log.warn({uri}, 'sealed: there is no root of trust yet; make it with: webkms admin init');
        return;
      }
      const access = {secrets};
      this.#created = await seedRoot({store, scheme: this.scheme(uri), uri, access, log, clock});
    }
    await this.#roots.read();
    if (from?.sealed === true) {
      this.#sealedByOperator = true;
      return;
    }
    await takeHanded(this.#roots, from?.roots, (address) => this.scheme(address));
    const absent = await this.#roots.open(secrets);
    if (this.isSealed()) assertSharesOpen(this.#roots.absences);
    logAbsences(absent, this.#roots.absences, log);
    if (this.isSealed())
      log.warn({}, 'sealed: no root of trust opens without shares; give them to: webkms admin unseal');
  }

  async #seal(): Promise<void> {
    this.#sealedByOperator = true;
    this.#offered.forgetAll();
    this.#roots.retry();
    await this.#roots.closeAll();
  }

  async #reload(secretSource?: SecretSource, handed?: readonly HandedRoot[]): Promise<void> {
    await this.#roots.read();
    // What is open under roots that the store lists no more is forgotten before any other root is taken into use.
    this.tellWhetherSealed();
    this.#offered.retain(this.#roots.records);
    if (this.#sealedByOperator) return;
    await takeHanded(this.#roots, handed, (uri) => this.scheme(uri));
    const secrets = new OpeningSecrets(secretSource ?? NO_SECRETS);
    try {
      const absent = await this.#roots.open(secrets, {asking: secretSource !== undefined});
      logAbsences(absent, this.#roots.absences, this.#options.log);
    } finally {
      secrets.forget();
    }
  }
}
