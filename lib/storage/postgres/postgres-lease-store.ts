import type {LeaseStore} from '../lease-store.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {statement} from './statement.ts';

const ACQUIRE = statement(`INSERT INTO lease (name, holder, expires_at) VALUES ($1, $2, $3)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE lease.holder = excluded.holder OR lease.expires_at <= $4`);
const RELEASE = statement('DELETE FROM lease WHERE name = $1 AND holder = $2');

export class PostgresLeaseStore implements LeaseStore {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async acquire(...[name, {holder, now, expiresAt}]: Parameters<LeaseStore['acquire']>): Promise<boolean> {
    return (await this.#connection.execute(ACQUIRE, [name, holder, expiresAt, now])).count === 1;
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#connection.execute(RELEASE, [name, holder]);
  }
}
