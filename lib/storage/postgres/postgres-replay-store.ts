import type {ReplayStore} from '../replay-store.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {statement} from './statement.ts';

const INSERT = statement('INSERT INTO replay (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING');
/** What another node is deleting just now is left to it. */
const DELETE_EXPIRED = statement(`DELETE FROM replay WHERE digest IN
  (SELECT digest FROM replay WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`);

export class PostgresReplayStore implements ReplayStore {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async remember(digest: Uint8Array, {expiresAt}: {readonly expiresAt: number}): Promise<boolean> {
    return (await this.#connection.execute(INSERT, [digest, expiresAt])).count === 1;
  }

  async deleteExpired({before, limit}: Parameters<ReplayStore['deleteExpired']>[0]): Promise<number> {
    return (await this.#connection.execute(DELETE_EXPIRED, [before, limit])).count;
  }
}
