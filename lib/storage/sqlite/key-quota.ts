import {QuotaExceededError} from '../../errors.ts';
import {KeyCounts} from '../key-counts.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';

/** Whether a keystore may have one more key: counting the keys of a large one takes long. */
export class KeyQuota {
  readonly #count: PreparedStatement<[keystore: number], number>;
  readonly #newest: PreparedStatement<[], number | null>;
  readonly #counts = new KeyCounts();

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
    if (this.#counts.isBelow(max, keystore, newest)) return () => undefined;
    const keys = this.#count.get(keystore) ?? 0;
    if (keys >= max) throw new QuotaExceededError('The quota of keys in this keystore is used up.');
    return () => this.#counts.note(keystore, {keys, newest});
  }
}
