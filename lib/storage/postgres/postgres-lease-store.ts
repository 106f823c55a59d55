import type {LeaseStore} from '../lease-store.ts';
import * as sql from './lease-statements.ts';
import type {PostgresConnection} from './postgres-connection.ts';

export class PostgresLeaseStore implements LeaseStore {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async acquire(...[name, {holder, now, expiresAt}]: Parameters<LeaseStore['acquire']>): Promise<boolean> {
    return (await this.#connection.execute(sql.ACQUIRE, [name, holder, expiresAt, now])).count === 1;
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#connection.execute(sql.RELEASE, [name, holder]);
  }
}
