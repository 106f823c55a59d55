import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {Redacted} from './redacted.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {RootWrapper} from './root-wrapper.ts';
import {rootOfShares, ShamirShare} from './wrappers/shamir-share.ts';
import {ShamirWrapper} from './wrappers/shamir-wrapper.ts';

export interface OfferedShare {
  readonly rootWrapperId: string;
  /** How many of the root's shares there are now, and how many it takes. */
  readonly given: number;
  readonly needed: number;
  /** Whether the root is open now. */
  readonly opened: boolean;
}

/** Shares that people have given so far, of each root until there are enough. */
export class OfferedShares extends Redacted {
  readonly #byRoot = new Map<string, ShamirShare[]>();

  count(rootWrapperId: string): number {
    return this.#byRoot.get(rootWrapperId)?.length ?? 0;
  }

  /**
   * Takes one more share of a root.
   * @returns the root, open, where there are enough now. @throws RootOfTrustError, and then nothing was changed, but
   *   where enough shares do not make the root: then all of it are dropped.
   */
  async add(record: RootWrapperRecord, share: ShamirShare): Promise<RootWrapper | undefined> {
    const {threshold} = ShamirWrapper.parse(record.uri);
    const given = this.#byRoot.get(record.id) ?? [];
    const same = given.find(({number}) => number === share.number);
    if (same) {
      const problem = same.isSameAs(share)
        ? 'was given already. Give another one'
        : 'has the number of another that was given, but is not the same: one of them is forged';
      share.forget();
      throw new RootOfTrustError('exists', `This share ${problem}. Nothing was changed.`);
    }
    const shares = [...given, share];
    this.#byRoot.set(record.id, shares);
    if (shares.length < threshold) return undefined;
    try {
      const wrapper = await ShamirWrapper.combine(record.uri, record.wrapperKeyId, shares);
      if (wrapper) return wrapper;
    } finally {
      this.forget(record.id);
    }
    throw new RootOfTrustError(
      'foreign-key',
      `The ${threshold} shares do not make the root of trust ${record.id}: at least one is forged. ` +
        'All were dropped. Give them again, each of a source that you trust.',
    );
  }

  forget(rootWrapperId: string): void {
    for (const share of this.#byRoot.get(rootWrapperId) ?? []) share.forget();
    this.#byRoot.delete(rootWrapperId);
  }

  /** Forgets those of roots that the store does not list any more. */
  retain(records: readonly RootWrapperRecord[]): void {
    for (const id of [...this.#byRoot.keys()])
      if (!records.some((record) => record.id === id)) this.forget(id);
  }

  forgetAll(): void {
    for (const id of [...this.#byRoot.keys()]) this.forget(id);
  }
}

/** @returns the share, and the root among `records` that it is of. @throws RootOfTrustError */
export function readShare(
  text: string,
  records: readonly RootWrapperRecord[],
): {readonly share: ShamirShare; readonly record: RootWrapperRecord} {
  if (records.length === 0) {
    throw new RootOfTrustError(
      'missing',
      'There is no root of trust yet. Make it, and its shares, with: webkms admin init',
    );
  }
  const share = ShamirShare.parse(text.trim());
  const record = records.find(
    ({uri, wrapperKeyId, state}) =>
      state !== 'retiring' && ShamirWrapper.isUri(uri) && rootOfShares(wrapperKeyId) === share.root,
  );
  if (record && ShamirWrapper.parse(record.uri).threshold === share.threshold) return {share, record};
  share.forget();
  throw new RootOfTrustError(
    'foreign-key',
    `This is a share of another root of trust (${share.root}), which the store does not list, or which is being retired. Nothing was changed.`,
  );
}
