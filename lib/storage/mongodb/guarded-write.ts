/**
 * Writes of one document that depend on another, without transactions, locks or clocks.
 *
 * A GUARD is a document whose state decides whether others may be written: a keystore (its sequence, its data key versions,
 * its quotas) those of its keys and revocations; the hierarchy (the root wrappers) the scopes; a creator the keystores.
 * Every document that is written so, and every guard, has a REVISION: random, another one with each conditional write,
 * never used again, not even where the document is deleted and made again.
 *
 * A WRITER of a target T under a guard G
 *   1. reads T with its revision t; where nothing is, inserts a PLACEHOLDER, which no reader sees, with a revision t
 *   2. REGISTERS: puts an entry that names (T, t) into G, and so gives G another revision. By the answer, which is G as it
 *      was with the entry in it, it judges whether it may write
 *   3. writes T if its revision is t: the one write by which the operation is done, or not
 *   4. takes its entry out of G
 * A CHANGER of G, whose change must not be outlived by what was judged before it
 *   1. reads G with its revision g
 *   2. FENCES the registered writers that matter: gives T another revision if it is t (deletes a placeholder if it is t), and
 *      where it was not, makes sure by a reading
 *   3. looks at other documents, where its own conditions are about them
 *   4. writes G if its revision is g: the one write by which the change is done, or not
 * Where a conditional write finds another revision, the whole begins again. An operation can be both, of two guards.
 *
 * INVARIANTS
 *   I1  A write that names a revision takes effect at most once, and only if nothing was written there since the reading.
 *   I2  An entry is in G before its write (3) is sent, and is taken out only after that write was answered, or after it
 *       was fenced. A writer that does not know whether its write arrived leaves its entry.
 *   I3  Registering changes G's revision.
 *
 * CLAIM: if a changer's write (4) took effect, a writer that was judged by an earlier state of G has either written before
 * the changer's step 2 ended, so that its step 3 saw it, or never writes.
 * PROOF: let the writer register at r, the changer read G at c and write it at w. If c < r < w then G's revision was not g
 * at w (I3), and the change did not take effect. If w < r the writer was judged by the change. If r < c the entry is in
 * what the changer read, or it had been taken out: then its write had been answered, or fenced (I2). If it is there the
 * changer fenced (T, t). Either T's revision was still t: it is not any more, and will not be again, so that the writer's
 * write finds another one whenever it arrives (I1). Or it was not t any more: the write had been made, or never will be.
 *
 * CRASHES AND DELAYS. Whoever stops anywhere leaves at most: a placeholder, which no reader sees, the next insertion uses and
 * a TTL index removes; an entry, which hinders nobody and is taken away, fenced, by who comes
 * by later. A write that arrives late finds its revision, and then nothing has changed that it depends on, or not, and then it
 * does nothing. Of registering and taking out: an entry without a writer is a crashed writer's. Fencing a writer that is alive
 * costs it another try. So it may be done at any time by anybody, and the age of entries is judged by clocks that differ.
 *
 * WHAT IT NEEDS OF THE STORE: an update by a filter on one document is atomic; reads of G, and what a changer looks at, are
 * linearizable; writes are answered when a majority has them. Of what was not answered the outcome is unknown. That a write
 * found nothing to write says nothing by itself: one primary that was replaced is enough to say so. And T is read as a majority
 * has it: else t could be rolled back, not be there for who fences, and be there again when the driver repeats the write of it.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {OutcomeUnknownError, UnavailableError} from '../../errors.ts';
import {Deadline} from './deadline.ts';
import type {Place} from './documents.ts';
import {toStoreError} from './driver-error.ts';
import type {Writer} from './guard-document.ts';
import {Attempt} from './guarded-attempt.ts';
import {ConflictError, type GuardedWritesOptions} from './guarded-write-options.ts';
import {WriterEntries} from './writer-entries.ts';

const LONGEST_PAUSE_MS = 64;

export interface GuardedResult<T> {
  readonly result: T;
  /** As `Attempt.uncounted`. */
  readonly uncounted: boolean;
}

/** Runs operations until nobody gets in their way. */
export class GuardedWrites {
  readonly #options: GuardedWritesOptions;

  constructor(options: GuardedWritesOptions) {
    this.#options = options;
  }

  /**
   * @param operation in its steps' names and entries, e.g. `insert key`
   * @param work one try, from its first read on; what it throws is the outcome
   * @throws UnavailableError where others got in the way all the time, or nothing was sent that readers see
   */
  async run<T>(operation: string, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    return (await this.runCounted(operation, work)).result;
  }

  /** As `run`, and says whether the operation is counted. */
  runCounted<T>(operation: string, work: (attempt: Attempt) => Promise<T>): Promise<GuardedResult<T>> {
    return Deadline.within(this.#options.timeoutMs, async () => {
      for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        const attempt = new Attempt(operation, this.#options);
        try {
          const result = await work(attempt);
          await attempt.end();
          return {result, uncounted: attempt.uncounted};
        } catch (error) {
          const isConflict = error instanceof ConflictError;
          await attempt.end(!isConflict);
          if (!isConflict) throw asSent(error, attempt.sent);
        }
        // Throws where no time is left.
        Deadline.remainingMs(this.#options.timeoutMs);
        await (this.#options.pause ?? sleep)(Math.random() * pauseMs);
      }
    });
  }

  /** Ends writers of the guard that seem dead. @throws UnavailableError */
  async tidy(guard: Place, writers: readonly Writer[]): Promise<void> {
    const entries = new WriterEntries(this.#options.documents, async (step) => {
      await this.#options.onStep?.(`tidy: ${step}`);
    });
    for (const writer of writers) await entries.tidy(guard, writer);
  }
}

/** A reservation or an entry is nothing that happened. */
function asSent(error: unknown, sent: boolean): unknown {
  if (sent || !(error instanceof OutcomeUnknownError)) return toStoreError(error);
  return new UnavailableError('The store cannot be used now.', {cause: error});
}
