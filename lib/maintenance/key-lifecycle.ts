import {setTimeout as sleep} from 'node:timers/promises';
import {UnavailableError} from '../errors.ts';
import {TamperedRecordError} from '../integrity/tampered-record-error.ts';
import {keyUrl} from '../keys/key-url.ts';
import {SealedError} from '../sealing/sealing-errors.ts';
import type {DueKey, KeyMaintenance, KeyRecordId} from '../storage/key-record-store.ts';
import {KeyLifecycleBackoff} from './key-lifecycle-backoff.ts';
import {
  KeyLifecycleWork,
  type KeyLifecycleEvent,
  type KeyLifecycleWorkOptions,
  type WorkOutcome,
} from './key-lifecycle-work.ts';

const EVERY_MS = 60_000;
const FIRST_WITHIN_MS = 5000;
/** Where a round left something over. */
const NEXT_ROUND_MS = 1000;
const PAGE = 100;
/** Keys that one round does something with. */
const MAX_PER_ROUND = 1000;
/** Of them, those of one keystore that are rotated, which can take seconds each: the others' turn comes. */
const MAX_ROTATIONS_OF_KEYSTORE = 20;
/** Failures of one round that are logged each. */
const MAX_LOGGED = 20;

export interface KeyLifecycleOptions extends Omit<KeyLifecycleWorkOptions, 'onEvent' | 'clock'> {
  /** Tells which keys may be due. It is not believed. */
  readonly due: Pick<KeyMaintenance, 'listDue'>;
  /** @throws UnavailableError where the store as a whole is. */
  readonly ping: () => Promise<void>;
  readonly isSealed: () => boolean;
  /** Whether the round is this node's: others' rounds do the same. Never rejects. Default: it is */
  readonly mayRun?: (name: string, options: {readonly everyMs: number}) => Promise<boolean>;
  readonly onEvent?: (event: KeyLifecycleEvent) => void;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

/** What one round did. */
export interface KeyLifecycleRound {
  readonly rotated: number;
  readonly destroyed: number;
  readonly failed: number;
  /** Whether there is more to do. */
  readonly more: boolean;
}

type Counts = Record<'rotated' | 'destroyed' | 'failed', number>;

/** Looks what the server has to do with keys by itself, and does it: rotation by their policies, erasure after deletion. */
export class KeyLifecycle {
  readonly #options: KeyLifecycleOptions;
  readonly #clock: () => number;
  readonly #work: KeyLifecycleWork;
  readonly #backoff = new KeyLifecycleBackoff();
  /** Where the last round stopped, if it did not come to the end. */
  #after: DueKey | undefined;
  readonly #rotating = new Set<Promise<void>>();
  #closed = false;

  constructor(options: KeyLifecycleOptions) {
    const {clock = Date.now, onEvent = () => undefined} = options;
    this.#options = options;
    this.#clock = clock;
    this.#work = new KeyLifecycleWork({...options, clock, onEvent});
  }

  /** Looks soon, and then every minute or so. @returns a function that stops it, and waits until it has stopped */
  start({everyMs = EVERY_MS}: {readonly everyMs?: number} = {}): () => Promise<void> {
    const stopping = new AbortController();
    const {signal} = stopping;
    const running = (async () => {
      let pauseMs = Math.random() * Math.min(FIRST_WITHIN_MS, everyMs);
      for (;;) {
        await sleep(pauseMs, undefined, {signal, ref: false});
        const {mayRun = () => Promise.resolve(true)} = this.#options;
        const {more} = (await mayRun('due-keys', {everyMs})) ? await this.runOnce(signal) : {more: false};
        // Not at the same time on every node.
        pauseMs = more ? Math.min(NEXT_ROUND_MS, everyMs) : everyMs * (0.9 + Math.random() * 0.2);
      }
    })().catch(() => undefined);
    return async () => {
      stopping.abort();
      await running;
    };
  }

  /** One round. Never rejects: what fails is logged, and tried again in a later one. */
  async runOnce(signal?: AbortSignal): Promise<KeyLifecycleRound> {
    const {log} = this.#options;
    const counts: Counts = {rotated: 0, destroyed: 0, failed: 0};
    let more = false;
    try {
      more = await this.#visitDue(counts, signal);
    } catch (err) {
      if (!(err instanceof SealedError)) log.warn({err}, 'due keys could not be looked for');
    }
    if (counts.failed > MAX_LOGGED) log.warn({failed: counts.failed}, 'what is due failed for many keys');
    return {...counts, more};
  }

  /**
   * Rotates a key whose newest version was used as often as its policy says. Never rejects: where it fails it is asked for
   * again with a later use.
   */
  async rotateUsedUp(id: KeyRecordId): Promise<void> {
    if (this.#closed || this.#options.isSealed() || !this.#backoff.mayTry(id, this.#clock())) return;
    const rotating = this.#rotateUsedUp(id);
    this.#rotating.add(rotating);
    await rotating;
    this.#rotating.delete(rotating);
  }

  /** Waits for rotations that are under way; there will be no others. What `start` began is stopped by what it returned. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#rotating);
  }

  async #rotateUsedUp(id: KeyRecordId): Promise<void> {
    const counts: Counts = {rotated: 0, destroyed: 0, failed: 0};
    try {
      await this.#attempt(id, counts, () => this.#work.rotateUsedUp(id));
    } catch (err) {
      const fields = {key: keyUrl(id), err};
      if (!(err instanceof SealedError)) this.#options.log.warn(fields, 'a key could not be rotated');
    }
  }

  /** @returns whether there is more. @throws SealedError; UnavailableError where the store as a whole is */
  async #visitDue(counts: Counts, signal: AbortSignal | undefined): Promise<boolean> {
    const {due, isSealed} = this.#options;
    const at = this.#clock();
    const rotations = new Map<string, number>();
    let skipped = false;
    for (let visited = 0; ;) {
      if (isSealed()) return false;
      const page = await due.listDue({at, limit: PAGE, after: this.#after});
      for (const key of page) {
        if (visited >= MAX_PER_ROUND || signal?.aborted) return true;
        this.#after = key;
        if (!this.#backoff.mayTry(key, at)) continue;
        const ofKeystore = rotations.get(key.keystoreId) ?? 0;
        if (ofKeystore >= MAX_ROTATIONS_OF_KEYSTORE) {
          skipped = true;
          continue;
        }
        visited++;
        const outcome = await this.#attempt(key, counts, () => this.#work.doDue(key));
        if (outcome === 'rotated') rotations.set(key.keystoreId, ofKeystore + 1);
      }
      if (page.length < PAGE) break;
      await takeTurns();
    }
    this.#after = undefined;
    return skipped;
  }

  /** @throws SealedError; UnavailableError where the store as a whole is */
  async #attempt(
    id: KeyRecordId,
    counts: Counts,
    work: () => Promise<WorkOutcome>,
  ): Promise<WorkOutcome | undefined> {
    let outcome: WorkOutcome | undefined;
    try {
      outcome = await work();
      if (outcome === 'stuck') this.#backoff.failed(id, this.#clock());
      else this.#backoff.succeeded(id);
      if (outcome === 'rotated' || outcome === 'destroyed') counts[outcome]++;
    } catch (error) {
      if (error instanceof SealedError) throw error;
      if (error instanceof UnavailableError) await this.#options.ping();
      counts.failed++;
      this.#report(id, error, {quietly: counts.failed > MAX_LOGGED});
    }
    await takeTurns();
    return outcome;
  }

  #report(id: KeyRecordId, err: unknown, {quietly}: {readonly quietly: boolean}): void {
    const {log, onEvent} = this.#options;
    const tampered = err instanceof TamperedRecordError;
    onEvent?.(tampered ? 'tampered' : 'failed');
    const retryAfterSeconds = this.#backoff.failed(id, this.#clock()) / 1000;
    if (quietly) return;
    const fields = {key: keyUrl(id), err, retryAfterSeconds};
    if (tampered) log.error(fields, 'a key that is due is not what the server wrote');
    else log.warn(fields, 'what is due for a key failed');
  }
}

/** Requests get theirs. */
function takeTurns(): Promise<void> {
  return new Promise(setImmediate);
}
