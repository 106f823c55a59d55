import {NotFoundError} from '../../errors.ts';
import type {KeyRecordId} from '../key-record-store.ts';
import type {KeyUseStore} from '../key-use-store.ts';
import {isForeignKeyViolation} from './driver-error.ts';
import * as sql from './key-use-statements.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {integer, type Row} from './row.ts';
import type {Value} from './statement.ts';
import {withStoreErrors} from './with-store-errors.ts';

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
      const rows = await this.#connection.query(sql.FIND, [keystoreId, localKeyId]);
      return new Map(rows.map((row) => [integer(row, 'version'), integer(row, 'uses')] as const));
    });
  }

  async #add(values: readonly Value[]): Promise<readonly Row[]> {
    try {
      return (await this.#connection.execute(sql.ADD, values)).rows;
    } catch (error) {
      // It was deleted with its keystore meanwhile.
      if (isForeignKeyViolation(error)) return [];
      throw error;
    }
  }
}
