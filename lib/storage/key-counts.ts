import {LRUCache} from 'lru-cache';

interface Counted {
  readonly keys: number;
  /** The place of the newest key when these were counted. */
  readonly newest: number;
}

const MAX_REMEMBERED = 4096;

/**
 * How many keys keystores had when they were counted, which takes long for large ones. Places are given to keys of all nodes in
 * rising order, each of them once: so a keystore has at most as many keys as were counted, and as many more as there were places since.
 */
export class KeyCounts {
  readonly #counted = new LRUCache<string | number, Counted>({max: MAX_REMEMBERED});

  find(keystore: string | number): Counted | undefined {
    return this.#counted.get(keystore);
  }

  note(keystore: string | number, counted: Counted): void {
    this.#counted.set(keystore, counted);
  }

  /** Whether it certainly had fewer than `max` when `newest` was the newest. */
  isBelow(max: number, keystore: string | number, newest: number): boolean {
    const known = this.find(keystore);
    return known !== undefined && newest >= known.newest && known.keys + newest - known.newest < max;
  }
}
