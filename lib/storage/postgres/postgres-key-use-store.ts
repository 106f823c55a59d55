import {NotFoundError} from '../../errors.ts';
import type {KeyRecordId} from '../key-record-store.ts';
import type {KeyUseStore} from '../key-use-store.ts';
import {isForeignKeyViolation} from './driver-error.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {integer, type Row} from './row.ts';
import {statement, type Value} from './statement.ts';
import {withStoreErrors} from './with-store-errors.ts';

const KEY = `(SELECT r.position FROM key_record r
  WHERE r.keystore = (SELECT position FROM keystore WHERE id = $1) AND r.local_id = $2)`;

const ADD = statement(`INSERT INTO key_use (key, version, uses)
    SELECT key, version, $4 FROM key_version WHERE key = ${KEY} AND version = $3
  ON CONFLICT (key, version) DO UPDATE SET uses = key_use.uses + excluded.uses
  RETURNING uses`);
const FIND = statement(`SELECT version, uses FROM key_use WHERE key = ${KEY}`);

export class PostgresKeyUseStore implements KeyUseStore {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  add({keystoreId, localKeyId, version, count}: Parameters<KeyUseStore['add']>[0]): Promise<number> {
    return withStoreErrors(async () => {
      if (!Number.isSafeInteger(count) || count < 1) throw new RangeError('A key is used a number of times.');
      const [row] = await this.#add([keystoreId, localKeyId, version, count]);
      if (!row) throw new NotFoundError('The key has no such version.');
      return integer(row, 'uses');
    });
  }

  find({keystoreId, localKeyId}: KeyRecordId): Promise<ReadonlyMap<number, number>> {
    return withStoreErrors(async () => {
      const rows = await this.#connection.query(FIND, [keystoreId, localKeyId]);
      return new Map(rows.map((row) => [integer(row, 'version'), integer(row, 'uses')] as const));
    });
  }

  async #add(values: readonly Value[]): Promise<readonly Row[]> {
    try {
      return (await this.#connection.execute(ADD, values)).rows;
    } catch (error) {
      // It was deleted with its keystore meanwhile.
      if (isForeignKeyViolation(error)) return [];
      throw error;
    }
  }
}
