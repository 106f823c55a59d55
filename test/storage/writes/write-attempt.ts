import {setTimeout as sleep} from 'node:timers/promises';
import {isDeepStrictEqual} from 'node:util';
import {expect} from 'chai';
import {OutcomeUnknownError, UnavailableError} from '../../../lib/errors.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {plain} from '../store-suite.ts';
import {expectAgain, expectMade} from './expect-write.ts';
import type {PreparedWrite} from './write-case.ts';

type Outcome = 'made' | 'not made' | 'unknown';

interface Handles {
  /** Makes the write. */
  readonly faulty: Stores;
  /** Sees what is there. */
  readonly whole: Stores;
}

/** A write in the face of a fault, and what its caller was told of it. */
export class WriteAttempt {
  readonly outcome: Outcome;
  readonly #write: PreparedWrite;
  readonly #handles: Handles;
  readonly #before: unknown;

  private constructor(write: PreparedWrite, handles: Handles, before: unknown, outcome: Outcome) {
    this.#write = write;
    this.#handles = handles;
    this.#before = before;
    this.outcome = outcome;
  }

  /** @throws what is no outcome of a fault */
  static async make(write: PreparedWrite, handles: Handles): Promise<WriteAttempt> {
    const before = plain(await write.look(handles.whole));
    return new WriteAttempt(write, handles, before, await outcomeOf(write, handles.faulty));
  }

  /** Expects that what can be seen is what the caller was told, and never a part of it. */
  async expectTold(): Promise<void> {
    const isMade = await this.#isMade();
    if (this.outcome !== 'unknown')
      expect(isMade ? 'made' : 'not made', 'what is stored').to.equal(this.outcome);
  }

  /** Expects of another attempt what is to come of it: no harm. */
  async expectRepeatable(): Promise<void> {
    const {faulty, whole} = this.#handles;
    if (await this.#isMade()) {
      await expectAgain(this.#write, faulty);
      await expectMade(this.#write, whole, {times: 2});
    } else {
      expect(await this.#write.run(faulty)).to.deep.equal(this.#write.gives);
      await expectMade(this.#write, whole);
    }
  }

  async #isMade(): Promise<boolean> {
    const seen = plain(await this.#write.look(this.#handles.whole));
    const isMade = isDeepStrictEqual(seen, plain(this.#write.made));
    if (!isMade) expect(seen, 'neither what was there nor what was made').to.deep.equal(this.#before);
    return isMade;
  }
}

async function outcomeOf(write: PreparedWrite, stores: Stores): Promise<Outcome> {
  try {
    expect(await write.run(stores)).to.deep.equal(write.gives);
    return 'made';
  } catch (error) {
    if (error instanceof OutcomeUnknownError) return 'unknown';
    if (error instanceof UnavailableError) return 'not made';
    throw error;
  }
}

/** Resolves when the handle works again, by itself. */
export async function recovered(stores: Stores): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    try {
      await stores.ping();
      return;
    } catch (error) {
      if (!(error instanceof UnavailableError) || attempts === 1000) throw error;
      await sleep(5);
    }
  }
}
