import {LRUCache} from 'lru-cache';
import type {KeyRecordId} from '../storage/key-record-store.ts';

const FIRST_MS = 60_000;
const LONGEST_MS = 6 * 3_600_000;
/** At some 200 bytes each. */
const MAX_KEYS = 50_000;

interface Failures {
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Which keys something failed with, and when it is tried again: later each time. In memory: after a restart all are tried. */
export class KeyLifecycleBackoff {
  readonly #failures = new LRUCache<string, Failures>({max: MAX_KEYS});

  mayTry(id: KeyRecordId, now: number): boolean {
    const failures = this.#failures.get(nameOf(id));
    // Also where the clock was set back.
    return !failures || now < failures.at || now >= failures.at + pauseMs(failures);
  }

  /** @returns for how many milliseconds it is not tried again */
  failed(id: KeyRecordId, now: number): number {
    const count = (this.#failures.get(nameOf(id))?.count ?? 0) + 1;
    const failures = {count, at: now};
    this.#failures.set(nameOf(id), failures);
    return pauseMs(failures);
  }

  succeeded(id: KeyRecordId): void {
    this.#failures.delete(nameOf(id));
  }
}

function pauseMs({count}: Failures): number {
  return Math.min(FIRST_MS * 2 ** (count - 1), LONGEST_MS);
}

function nameOf({keystoreId, localKeyId}: KeyRecordId): string {
  return `${keystoreId} ${localKeyId}`;
}
