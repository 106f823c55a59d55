import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {asksFor, runsWhatItNames} from './asking.ts';
import type {IdentifiedRootWrapper, RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import type {OpenedRoot} from './stored-root.ts';
import {vouches, vouchesForUri} from './vouching.ts';

export interface RootTrustOptions {
  readonly store: Pick<KeyHierarchyStore, 'listRootWrappers' | 'findScope'>;
  /** The setting, normalised. */
  readonly settingUri: string;
  readonly scheme: (uri: string) => RootWrapperScheme;
}

/** What is listed, and what of it is open. */
export interface RootsInUse {
  readonly records: readonly RootWrapperRecord[];
  readonly wrappers: readonly IdentifiedRootWrapper[];
  hold(id: string, wrapper: RootWrapper): void;
}

/**
 * Which roots may be used. A root that opens is not used for that: who can write to the store could list one whose secret
 * they know. An operator has named or given its secret, as the setting, at a terminal or in shares; or one that is in use
 * vouches for it. To a process that has used none yet, the only one that is listed will do, or, where nobody has named one
 * of those that open, all of them if they vouch for each other.
 */
export class RootTrust {
  readonly #options: RootTrustOptions;
  readonly #roots: RootsInUse;
  /** Fingerprints of all that were in use in this process. */
  readonly #known = new Set<string>();

  constructor(options: RootTrustOptions, roots: RootsInUse) {
    this.#options = options;
    this.#roots = roots;
  }

  /** It is in use. */
  add({keyId}: RootWrapper): void {
    this.#known.add(keyId);
  }

  /** Whether one that is in use vouches for it; true where none is. @throws UnavailableError */
  async isVouchedFor(record: RootWrapperRecord): Promise<boolean> {
    return (
      this.#trusted().length === 0 || this.#areSome((root) => vouches(root, record, this.#options.store))
    );
  }

  /**
   * Whether the record's URI may be opened: who can write to the store can write any. Of one that runs what it names, the setting
   * must name it, or one that is in use vouches for just that URI. @throws UnavailableError
   */
  async maySeeUri(record: RootWrapperRecord): Promise<boolean> {
    const {settingUri, scheme, store} = this.#options;
    if (record.uri === settingUri || !runsWhatItNames(record.uri, scheme)) return true;
    return this.#areSome((root) => vouchesForUri(root, record, store));
  }

  /** Takes those into use that may be used. @param isWhole whether all were tried. @returns the others */
  async admit(
    opened: readonly OpenedRoot[],
    {isWhole}: {readonly isWhole: boolean},
  ): Promise<readonly OpenedRoot[]> {
    const waiting = new Set(opened);
    const admit = (roots: readonly OpenedRoot[]): void => {
      for (const root of roots) {
        waiting.delete(root);
        this.#roots.hold(root.id, root.wrapper);
      }
    };
    const isFirst = this.#known.size === 0;
    if (isFirst && this.#roots.records.length === 1) admit(opened);
    admit([...waiting].filter(({wrapper}) => this.#known.has(wrapper.keyId)));
    if (this.#trusted().length === 0) admit([...waiting].filter((root) => this.#isGiven(root)));
    if (isFirst && isWhole && this.#trusted().length === 0) {
      const active = opened.filter(({record}) => record.state === 'active');
      if (await this.#vouchForEachOther(active)) admit(active);
    }
    if (this.#trusted().length === 0) return [...waiting];
    for (const root of [...waiting]) if (await this.isVouchedFor(root.record)) admit([root]);
    return [...waiting];
  }

  /** Those that are in use, and open everything. */
  #trusted(): readonly IdentifiedRootWrapper[] {
    const {records, wrappers} = this.#roots;
    return wrappers.filter(({id}) => records.some((record) => record.id === id && record.state === 'active'));
  }

  async #areSome(does: (root: IdentifiedRootWrapper) => Promise<boolean>): Promise<boolean> {
    for (const root of this.#trusted()) if (await does(root)) return true;
    return false;
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
