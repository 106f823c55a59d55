import {LRUCache} from 'lru-cache';
import {QuotaExceededError} from '../../errors.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';

interface Counted {
  readonly keys: number;
  /** The position of the newest key, of whatever keystore, when these were counted. */
  readonly newest: number;
}

const MAX_REMEMBERED = 4096;

/**
 * Whether a keystore may have one more key. Counting the keys of a large one takes long; but positions only grow, and each is one
 * key's: so a keystore has at most as many keys as were counted once, and as many more as there were positions since. They are
 * counted again where that is not enough to know.
 */
export class KeyQuota {
  readonly #count: PreparedStatement<[keystore: number], number>;
  readonly #newest: PreparedStatement<[], number | null>;
  readonly #counted = new LRUCache<number, Counted>({max: MAX_REMEMBERED});

  constructor(connection: SqliteConnection) {
    this.#count = connection
      .prepare<[number], number>(`SELECT count(*) FROM key_record WHERE keystore = ? AND state <> 'deleted'`)
      .pluck();
    this.#newest = connection.prepare<[], number | null>('SELECT max(position) FROM key_record').pluck();
  }

  /**
   * Within a transaction that writes.
   * @param keystore its position
   * @returns what is to be called once that is committed: positions that were rolled back are given again
   * @throws QuotaExceededError where it has `max` keys already
   */
  assertBelow(max: number, keystore: number): () => void {
    const newest = this.#newest.get() ?? 0;
    const known = this.#counted.get(keystore);
    if (known && known.keys + (newest - known.newest) < max) return () => undefined;
    const keys = this.#count.get(keystore) ?? 0;
    if (keys >= max) throw new QuotaExceededError('The quota of keys in this keystore is used up.');
    return () => void this.#counted.set(keystore, {keys, newest});
  }
}
