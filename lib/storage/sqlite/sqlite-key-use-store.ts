import {NotFoundError} from '../../errors.ts';
import type {KeyRecordId} from '../key-record-store.ts';
import type {KeyUseStore} from '../key-use-store.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';

type Added = KeyRecordId & {readonly version: number; readonly count: number};

const KEY = `(SELECT position FROM key_record
  WHERE keystore = (SELECT position FROM keystore WHERE id = @keystoreId) AND local_id = @localKeyId)`;

export class SqliteKeyUseStore implements KeyUseStore {
  readonly #connection: SqliteConnection;
  readonly #add: PreparedStatement<[Added], number>;
  readonly #find: PreparedStatement<[KeyRecordId], {version: number; uses: number}>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#add = connection
      .prepare<[Added], number>(
        `INSERT INTO key_use (key, version, uses)
           SELECT key, version, @count FROM key_version WHERE key = ${KEY} AND version = @version
         ON CONFLICT (key, version) DO UPDATE SET uses = uses + excluded.uses
         RETURNING uses`,
      )
      .pluck();
    this.#find = connection.prepare(`SELECT version, uses FROM key_use WHERE key = ${KEY}`);
  }

  add({keystoreId, localKeyId, version, count}: Added): Promise<number> {
    return this.#connection.write(() => {
      if (!Number.isSafeInteger(count) || count < 1) throw new RangeError('A key is used a number of times.');
      const uses = this.#add.get({keystoreId, localKeyId, version, count});
      if (uses === undefined) throw new NotFoundError('The key has no such version.');
      return uses;
    });
  }

  find({keystoreId, localKeyId}: KeyRecordId): Promise<ReadonlyMap<number, number>> {
    return this.#connection.run(
      () =>
        new Map(this.#find.all({keystoreId, localKeyId}).map(({version, uses}) => [version, uses] as const)),
    );
  }
}
