import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {asksFor, runsWhatItNames} from './asking.ts';
import type {IdentifiedRootWrapper, RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import type {OpenedRoot} from './stored-root.ts';
import {UsedRoots} from './used-roots.ts';
import {vouches, vouchesForUri} from './vouching.ts';

export interface RootTrustOptions {
  readonly store: Pick<KeyHierarchyStore, 'listRootWrappers' | 'findScope'>;
  /** The setting, normalised. */
  readonly settingUri: string;
  readonly scheme: (uri: string) => RootWrapperScheme;
  /**
   * What reads the store may be somebody else's by now, and lie (isolation): these alone may be used, normalised, and the setting;
   * and what a row says of a root's state is not believed.
   */
  readonly named?: readonly string[] | undefined;
  /** What the server has used, in processes before this one and beside it; this one adds to it. */
  readonly used?: UsedRoots | undefined;
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
 * of those that open, all of them if they vouch for each other. Whichever are in use together, each vouches for each: so a
 * store that lists one thing now and another later has no root of somebody else's in use beside its own.
 */
export class RootTrust {
  readonly #options: RootTrustOptions;
  readonly #roots: RootsInUse;
  /** Fingerprints of all that were in use in this process. */
  readonly #known = new Set<string>();
  /** Of a process whose store may lie, which uses no others. */
  readonly #used: UsedRoots;

  constructor(options: RootTrustOptions, roots: RootsInUse) {
    this.#options = options;
    this.#used = options.used ?? new UsedRoots();
    this.#roots = roots;
  }

  /** It is in use. */
  add({keyId}: RootWrapper): void {
    this.#known.add(keyId);
    this.#used.add([keyId]);
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
    const admit = async (roots: readonly OpenedRoot[]): Promise<void> => {
      for (const root of roots) if (await this.#hold(root)) waiting.delete(root);
    };
    const isFirst = this.#known.size === 0;
    if (isFirst && this.#roots.records.length === 1) await admit(opened);
    await admit([...waiting].filter(({wrapper}) => this.#known.has(wrapper.keyId)));
    if (this.#trusted().length === 0)
      await admit(this.#settingFirst([...waiting].filter((root) => this.#isGiven(root))));
    if (isFirst && isWhole && this.#trusted().length === 0) {
      const active = opened.filter(isActive);
      if (await this.#vouchForEachOther(active)) await admit(active);
    }
    if (this.#trusted().length === 0) return [...waiting];
    for (const root of [...waiting]) if (await this.isVouchedFor(root.record)) await admit([root]);
    if (this.#options.named) await this.#expectOthers();
    return [...waiting];
  }

  async #expectOthers(): Promise<void> {
    for (const record of this.#roots.records)
      if (await this.isVouchedFor(record)) this.#used.add([record.wrapperKeyId]);
  }

  /**
   * Takes those into use that another process of this server had in use, and that may be used here. What that process was told of the
   * store need not have been true.
   */
  async admitHanded(handed: readonly OpenedRoot[]): Promise<void> {
    const isNone = this.#roots.wrappers.length === 0;
    const isSole = this.#known.size === 0 && this.#roots.records.length === 1;
    const isKnown = handed.every(({wrapper}) => this.#known.has(wrapper.keyId));
    if (isNone && !isSole && !isKnown && !(await this.#vouchForEachOther(handed.filter(isActive)))) return;
    for (const root of handed) await this.#hold(root);
  }

  /** Takes one into use that people gave, if that may be. */
  async admitGiven(root: OpenedRoot): Promise<boolean> {
    return (await this.isVouchedFor(root.record)) && this.#hold(root);
  }

  /** Whether it may be used beside all that are in use, each of which it vouches for, as they do for it. */
  async #goesWithOthers({id, wrapper, record}: OpenedRoot): Promise<boolean> {
    if (!this.#isNamed(wrapper) || !this.#isAsBefore(wrapper)) return false;
    for (const other of this.#roots.wrappers) {
      const listed = this.#roots.records.find((candidate) => candidate.id === other.id);
      if (!listed || !(await this.#vouchesFor(other, listed, record))) return false;
      if (!(await this.#vouchesFor({id, wrapper}, record, listed))) return false;
    }
    return true;
  }

  /** @param own of `by`: one that is being added cannot tell yet. */
  async #vouchesFor(
    by: IdentifiedRootWrapper,
    own: RootWrapperRecord,
    record: RootWrapperRecord,
  ): Promise<boolean> {
    const {store, named} = this.#options;
    return (own.state === 'adding' && named === undefined) || vouches(by, record, store);
  }

  async #hold(root: OpenedRoot): Promise<boolean> {
    if (!(await this.#goesWithOthers(root))) return false;
    this.#roots.hold(root.id, root.wrapper);
    return true;
  }

  #isNamed({uri}: RootWrapper): boolean {
    const {settingUri, named} = this.#options;
    return named === undefined || uri === settingUri || named.includes(uri);
  }

  /** Where the store may lie, what was used, or was told of by that, is all that will ever be. */
  #isAsBefore({keyId}: RootWrapper): boolean {
    const isBound =
      this.#options.named !== undefined && !this.#used.isEmpty && this.#roots.wrappers.length === 0;
    return !isBound || this.#used.has(keyId);
  }

  #settingFirst(roots: readonly OpenedRoot[]): readonly OpenedRoot[] {
    const {settingUri} = this.#options;
    return roots.toSorted(
      (a, b) => Number(b.wrapper.uri === settingUri) - Number(a.wrapper.uri === settingUri),
    );
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

function isActive({record}: OpenedRoot): boolean {
  return record.state === 'active';
}
