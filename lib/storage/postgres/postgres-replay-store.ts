import type {ReplayStore} from '../replay-store.ts';
import * as sql from './replay-statements.ts';
import type {PostgresConnection} from './postgres-connection.ts';

export class PostgresReplayStore implements ReplayStore {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async remember(digest: Uint8Array, {expiresAt}: {readonly expiresAt: number}): Promise<boolean> {
    return (await this.#connection.execute(sql.INSERT, [digest, expiresAt])).count === 1;
  }

  async deleteExpired({before, limit}: Parameters<ReplayStore['deleteExpired']>[0]): Promise<number> {
    return (await this.#connection.execute(sql.DELETE_EXPIRED, [before, limit])).count;
  }
}
