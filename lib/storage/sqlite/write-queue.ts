import {setImmediate} from 'node:timers/promises';
import {isBusy} from './driver-error.ts';
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

export interface WriteQueueOptions {
  readonly transactions: Transactions;
  /** Called before each transaction. @throws where none may be begun now */
  readonly assertUsable: () => void;
  readonly busyTimeoutMs: number;
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
  }

  /** @throws where nothing was done, and the next attempt may do it, or none can */
  #commitSome(): void {
    const {transactions, assertUsable, sliceMs = SLICE_MS} = this.#options;
    assertUsable();
    const group = this.#nextGroup();
    const outcomes: Outcome[] = [];
    let begun = 0;
    const inParts = group.some(({manner}) => manner === 'inParts');
    const perform = ({work}: Write): Outcome => {
      begun++;
      if (group.length === 1) return {result: work()};
      return inParts ? this.#performPart(work) : this.#performTogether(work);
    };
    try {
      const until = performance.now() + sliceMs;
      const performSome = (): void => {
        for (const write of group) {
          if (begun > 0 && performance.now() >= until) return;
          outcomes.push(perform(write));
        }
      };
      transactions.write(performSome, {flush: group.some(({flush}) => flush)});
    } catch (error) {
      if (begun === 0 || isBusy(error)) throw error;
      if (group.length === 1) this.#settle([{write: this.#writes.shift(), outcome: {error}}]);
      else for (const write of group) write.manner = inParts ? 'alone' : 'inParts';
      return;
    }
    const done = this.#writes.splice(0, outcomes.length);
    this.#settle(done.map((write, index) => ({write, outcome: outcomes[index]})));
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

  #settle(all: readonly {readonly write: Write | undefined; readonly outcome: Outcome | undefined}[]): void {
    for (const {write, outcome} of all) {
      if (!write || !outcome) throw new TypeError('A write was lost.');
      if ('result' in outcome) write.committed();
      write.settle(outcome);
    }
  }
}
