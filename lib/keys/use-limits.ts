import {LRUCache} from 'lru-cache';
import {KeyStateError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeyRecordId} from '../storage/key-record-store.ts';
import type {KeyUseStore} from '../storage/key-use-store.ts';
import {currentVersion} from './key-state.ts';
import {areNoncesFew, MAX_NONCES} from './nonces.ts';
import {UseCounter} from './use-counter.ts';
import {UseRates} from './use-rates.ts';

/** Versions that are counted in memory; what was reserved of one that is forgotten counts as used. */
const MAX_COUNTERS = 20_000;
/** A rotation that did not come about is asked for again with a use after that time. */
const ASK_AGAIN_MS = 60_000;
const WARN_AGAIN_MS = 86_400_000;

export interface UseLimitsOptions {
  readonly store: KeyUseStore;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /**
   * A key's newest version has been used as often as its policy's `rotation.afterUses` says: the key is to be rotated.
   * Called while uses go on, and again where it did not help. It may reject.
   */
  readonly onRotationDue?: (id: KeyRecordId) => Promise<unknown>;
  /** A key's newest version has few nonces left. Called while it is used, once a day. */
  readonly onNoncesFew?: (id: KeyRecordId, version: number) => void;
}

interface Counted {
  readonly counter: UseCounter;
  askedAt: number;
  warnedAt: number;
  asking: boolean;
}

/** How often keys are used: what their policies allow, and what their nonces do. */
export class UseLimits {
  readonly #store: KeyUseStore;
  readonly #now: () => number;
  readonly #onRotationDue: UseLimitsOptions['onRotationDue'];
  readonly #onNoncesFew: UseLimitsOptions['onNoncesFew'];
  readonly #counted = new LRUCache<string, Counted>({max: MAX_COUNTERS});
  readonly #rates: UseRates;

  constructor({store, now = Date.now, onRotationDue, onNoncesFew}: UseLimitsOptions) {
    this.#store = store;
    this.#now = now;
    this.#onRotationDue = onRotationDue;
    this.#onNoncesFew = onNoncesFew;
    this.#rates = new UseRates(now);
  }

  /**
   * Counts uses of the key's newest version, before they are made, where somebody asks how many there were: its policy, or
   * its nonces. All of them, or none.
   * @param nonce whether each takes one of the version's nonces
   * @throws KeyStateError where the version has not that many nonces left: the key must be rotated. @throws NotFoundError
   *   where the key, or the version, is not there any more. @throws UnavailableError
   */
  async take(
    record: KeyRecord,
    {count, nonce}: {readonly count: number; readonly nonce: boolean},
  ): Promise<void> {
    const afterUses = record.policy?.rotation?.afterUses;
    if (count === 0 || (afterUses === undefined && !nonce)) return;
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError('Not a number of uses.');
    const {keystoreId, localKeyId} = record;
    const {version} = currentVersion(record);
    const counted = this.#counterOf({keystoreId, localKeyId, version}, nonce);
    if (!(await counted.counter.take(count, afterUses ?? Infinity))) {
      throw new KeyStateError(
        'The newest version of the key has encrypted as often as it may: rotate the key.',
        {
          details: {keyVersion: version, maxUses: MAX_NONCES},
        },
      );
    }
    if (nonce && areNoncesFew(counted.counter.stored)) this.#warn(counted, {keystoreId, localKeyId, version});
    if (afterUses !== undefined && counted.counter.stored >= afterUses) {
      this.#askForRotation(counted, {keystoreId, localKeyId});
    }
  }

  /**
   * Counts uses against the rate of the key's policy, in this process alone. All of them, or none.
   * @throws RateLimitError, with when to come again. @throws KeyPolicyError where there may never be so many at a time.
   */
  limitRate({keystoreId, localKeyId, policy}: KeyRecord, count: number): void {
    if (policy?.rate) this.#rates.use(`${keystoreId} ${localKeyId}`, count, policy.rate);
  }

  /** Uses by version, with those that are reserved; of versions that were never counted there is nothing. @throws UnavailableError */
  find(id: KeyRecordId): Promise<ReadonlyMap<number, number>> {
    return this.#store.find(id);
  }

  #counterOf(use: KeyRecordId & {readonly version: number}, nonce: boolean): Counted {
    const {keystoreId, localKeyId, version} = use;
    // Uses that take no nonce would be given above the limit too: they have a block of their own.
    const name = `${keystoreId} ${localKeyId} ${version} ${nonce ? 'nonces' : 'uses'}`;
    let counted = this.#counted.get(name);
    if (!counted) {
      const counter = new UseCounter({
        add: (count) => this.#store.add({keystoreId, localKeyId, version, count}),
        limit: nonce ? MAX_NONCES : Infinity,
        now: this.#now,
      });
      counted = {counter, askedAt: -Infinity, warnedAt: -Infinity, asking: false};
      this.#counted.set(name, counted);
    }
    return counted;
  }

  #warn(counted: Counted, {version, ...id}: KeyRecordId & {readonly version: number}): void {
    const now = this.#now();
    if (now - counted.warnedAt < WARN_AGAIN_MS) return;
    counted.warnedAt = now;
    this.#onNoncesFew?.(id, version);
  }

  #askForRotation(counted: Counted, id: KeyRecordId): void {
    const now = this.#now();
    if (!this.#onRotationDue || counted.asking || Math.abs(now - counted.askedAt) < ASK_AGAIN_MS) return;
    counted.asking = true;
    counted.askedAt = now;
    // Whoever rotates says what went wrong; uses do not wait for it.
    this.#onRotationDue(id)
      .catch(() => undefined)
      .finally(() => (counted.asking = false));
  }
}
