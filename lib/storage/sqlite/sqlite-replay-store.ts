import type {ReplayStore} from '../replay-store.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';

export class SqliteReplayStore implements ReplayStore {
  readonly #connection: SqliteConnection;
  readonly #insert: PreparedStatement<[digest: Uint8Array, expiresAt: number], never>;
  readonly #deleteExpired: PreparedStatement<[before: number, limit: number], never>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#insert = connection.prepare(
      'INSERT INTO replay (digest, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING',
    );
    this.#deleteExpired = connection.prepare(
      `DELETE FROM replay WHERE rowid IN
         (SELECT rowid FROM replay WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
    );
  }

  remember(digest: Uint8Array, {expiresAt}: {readonly expiresAt: number}): Promise<boolean> {
    // What it lets through is flushed when it is written, and the log is flushed from its beginning: never a change without this.
    return this.#connection.write(() => this.#insert.run(digest, expiresAt).changes === 1, {flush: false});
  }

  deleteExpired({before, limit}: {readonly before: number; readonly limit: number}): Promise<number> {
    return this.#connection.run(() => this.#deleteExpired.run(before, limit).changes);
  }
}
