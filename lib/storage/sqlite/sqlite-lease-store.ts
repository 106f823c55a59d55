import type {LeaseStore} from '../lease-store.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';

interface Held {
  readonly name: string;
  readonly holder: string;
}

export class SqliteLeaseStore implements LeaseStore {
  readonly #connection: SqliteConnection;
  readonly #acquire: PreparedStatement<[Held & {readonly now: number; readonly expiresAt: number}], never>;
  readonly #release: PreparedStatement<[Held], never>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#acquire = connection.prepare(
      `INSERT INTO lease (name, holder, expires_at) VALUES (@name, @holder, @expiresAt)
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
         WHERE holder = excluded.holder OR expires_at <= @now`,
    );
    this.#release = connection.prepare('DELETE FROM lease WHERE name = @name AND holder = @holder');
  }

  /** Not flushed: after a loss of power nobody who had it is there any more. */
  acquire(...[name, lease]: Parameters<LeaseStore['acquire']>): Promise<boolean> {
    const acquire = (): boolean => this.#acquire.run({name, ...lease}).changes === 1;
    return this.#connection.write(acquire, {flush: false});
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#connection.write(() => this.#release.run({name, holder}), {flush: false});
  }
}
