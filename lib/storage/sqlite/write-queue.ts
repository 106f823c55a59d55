import {setImmediate} from 'node:timers/promises';
import {OutcomeUnknownError} from '../../errors.ts';
import {isBusy} from './driver-error.ts';
import type {LogFlushes} from './log-flushes.ts';
import {retryWhileBusy} from './retry-while-busy.ts';
import type {Transactions} from './transactions.ts';

const SLICE_MS = 3;
/** How long the first waits for others, while there are any. */
const GATHER_MS = 3;

interface Write {
  readonly work: () => unknown;
  readonly flush: boolean;
  readonly committed: () => void;
  readonly settle: (outcome: Outcome) => void;
  manner: Manner;
}

/**
 * How it shares a transaction: as it comes; as a part that can be taken back, which takes longer than the write itself; with no
 * other. Where a transaction comes to nothing all of it is done again in the next manner.
 */
type Manner = 'together' | 'inParts' | 'alone';

type Outcome = {readonly result: unknown} | {readonly error: unknown};

interface Settled {
  readonly write: Write;
  readonly outcome: Outcome | undefined;
}

export interface WriteQueueOptions {
  readonly transactions: Transactions;
  /** Called before each transaction. @throws where none may be begun now */
  readonly assertUsable: () => void;
  readonly busyTimeoutMs: number;
  /** Absent where SQLite flushes what it commits. */
  readonly flushes?: Pick<LogFlushes, 'version' | 'busy' | 'isFlushed' | 'accept' | 'until'> | undefined;
  /** How long a transaction takes up more writes: the event loop waits for it. Default: 3 */
  readonly sliceMs?: number;
}

/**
 * Writes that come in one turn of the event loop share a transaction, and so a flush: what is dear of a commit is the disk. Each
 * fails alone, and is answered when all is committed. Where one fails halfway all are done again, as parts of a transaction; where
 * the whole fails, each in a transaction of its own: so what one of them does to a commit is told to that one alone.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  /** In order; they stay until they were committed or have failed. */
  readonly #writes: Write[] = [];
  #isRunning = false;
  #wake = (): void => undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** @param work changes rows; it may be called again after it has failed, or the commit of it. @throws as `work` and SQLite */
  add<T>(
    work: () => T,
    {flush, committed}: {readonly flush: boolean; readonly committed: () => void},
  ): Promise<T> {
    const {promise, resolve, reject} = Promise.withResolvers<T>();
    const settle = (outcome: Outcome): void => {
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.result as T);
    };
    this.#writes.push({work, flush, committed, settle, manner: 'together'});
    if (!this.#isRunning) void this.#run();
    else if (!flush) this.#wake();
    return promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#writes.length > 0) {
      await this.#gather();
      const {length} = this.#writes;
      try {
        await retryWhileBusy(() => this.#commitSome(), this.#options.busyTimeoutMs);
      } catch (error) {
        // No transaction could be begun, or the lock was not to be had for as long as these have waited at least.
        this.#settle(this.#writes.splice(0, length).map((write) => ({write, outcome: {error}})));
      }
    }
    this.#isRunning = false;
  }

  /**
   * Others that are ready to write get to, and those that are not get their turn. As long as each turn brings more writes there
   * is one more: who is about to write shares the flush, and who is alone waits for nobody.
   */
  async #gather(): Promise<void> {
    const until = performance.now() + GATHER_MS;
    let length;
    do {
      ({length} = this.#writes);
      await setImmediate();
    } while (this.#writes.length > length && performance.now() < until);
    await this.#gatherForFlush();
  }

  /** While no other flush can begin only what needs none is committed: the rest would have to wait in any case. */
  async #gatherForFlush(): Promise<void> {
    const {busy} = this.#options.flushes ?? {};
    if (!busy || this.#writes.some(({flush}) => !flush)) return;
    const {promise, resolve} = Promise.withResolvers<undefined>();
    this.#wake = () => resolve(undefined);
    await Promise.race([busy, promise]);
  }

  /** @throws where nothing was done, and the next attempt may do it, or none can */
  #commitSome(): void {
    const {transactions, assertUsable, flushes, sliceMs = SLICE_MS} = this.#options;
    assertUsable();
    const group = this.#nextGroup();
    const outcomes: Outcome[] = [];
    let begun = 0;
    let [before, after] = [0, 0];
    const inParts = group.some(({manner}) => manner === 'inParts');
    const perform = ({work}: Write): Outcome => {
      begun++;
      if (group.length === 1) return {result: work()};
      return inParts ? this.#performPart(work) : this.#performTogether(work);
    };
    try {
      const until = performance.now() + sliceMs;
      const performSome = (): void => {
        before = after = flushes?.version() ?? 0;
        for (const write of group) {
          if (begun > 0 && performance.now() >= until) break;
          outcomes.push(perform(write));
        }
        after = flushes?.version() ?? 0;
      };
      // Where the log is flushed after the commit, no commit is flushed by SQLite.
      transactions.write(performSome, {flush: flushes !== undefined || group.some(({flush}) => flush)});
    } catch (error) {
      if (begun === 0 || isBusy(error)) throw error;
      if (group.length === 1) this.#finish(this.#writes.splice(0, 1), [{error}], before);
      else for (const write of group) write.manner = inParts ? 'alone' : 'inParts';
      return;
    }
    const done = this.#writes.splice(0, outcomes.length);
    // What is not to be flushed keeps nobody waiting who reads it.
    if (flushes?.isFlushed(before) && !done.some(({flush}) => flush)) flushes.accept(after);
    this.#finish(done, outcomes, after);
  }

  /** The writes that come first, as far as they share a transaction. */
  #nextGroup(): readonly Write[] {
    const end = this.#writes.findIndex(({manner}) => manner === 'alone');
    return end === -1 ? this.#writes.slice() : this.#writes.slice(0, Math.max(end, 1));
  }

  /** What fails before it has changed anything, as what is refused does, fails alone here, too. */
  #performTogether(work: () => unknown): Outcome {
    const {transactions} = this.#options;
    const before = transactions.changes();
    try {
      return {result: work()};
    } catch (error) {
      if (!transactions.isOpen || isBusy(error) || transactions.changes() !== before) throw error;
      return {error};
    }
  }

  #performPart(work: () => unknown): Outcome {
    const {transactions} = this.#options;
    try {
      return {result: transactions.part(work)};
    } catch (error) {
      if (!transactions.isOpen || isBusy(error)) throw error;
      return {error};
    }
  }

  /** @param version of the database with what these have written, or found */
  #finish(writes: readonly Write[], outcomes: readonly Outcome[], version: number): void {
    const done = writes.map((write, index) => ({write, outcome: outcomes[index]}));
    for (const {write, outcome} of done) if (outcome && 'result' in outcome) write.committed();
    const {flushes} = this.#options;
    const isWaiting = ({flush}: Write): boolean => flush && flushes?.isFlushed(version) === false;
    this.#settle(done.filter(({write}) => !isWaiting(write)));
    const waiting = done.filter(({write}) => isWaiting(write));
    if (waiting.length > 0) void this.#settleOnceFlushed(waiting, version);
  }

  async #settleOnceFlushed(done: readonly Settled[], version: number): Promise<void> {
    try {
      await this.#options.flushes?.until(version);
      this.#settle(done);
    } catch (cause) {
      const error = new OutcomeUnknownError('The store does not know whether the change will last.', {cause});
      this.#settle(done.map(({write}) => ({write, outcome: {error}})));
    }
  }

  #settle(all: readonly Settled[]): void {
    for (const {write, outcome} of all) {
      if (!outcome) throw new TypeError('A write was lost.');
      write.settle(outcome);
    }
  }
}
