import {randomBytes} from 'node:crypto';
import {requireCount} from '../cursor.ts';
import type {ReplayStore} from '../replay-store.ts';
import {DuplicateKeyError} from './driver-error.ts';
import type {MongodbConnection} from './mongodb-connection.ts';

/** A digest is remembered by a document whose `_id` it is. */
export class MongodbReplayStore implements ReplayStore {
  readonly #connection: MongodbConnection;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  remember(digest: Uint8Array, {expiresAt}: {readonly expiresAt: number}): Promise<boolean> {
    // Of a view the driver takes what is viewed, as of any bytes.
    const _id = Buffer.from(digest);
    const by = randomBytes(12).toString('base64url');
    return this.#connection.within(async () => {
      try {
        await this.#connection.insert('replay', {_id, expiresAt, by});
        return true;
      } catch (error) {
        if (!(error instanceof DuplicateKeyError)) throw error;
        // The driver may have sent it twice, and got the answer to the second alone.
        const found = await this.#connection.findOne('replay', {_id}, {reading: 'decisive'});
        return found?.['by'] === by;
      }
    });
  }

  deleteExpired({before, limit}: {readonly before: number; readonly limit: number}): Promise<number> {
    const expired = {expiresAt: {$lt: before}};
    return this.#connection.within(async () => {
      const selection = {sort: {expiresAt: 1}, limit: requireCount(limit), projection: {_id: 1}} as const;
      const found = await this.#connection.find('replay', expired, selection);
      const ids = found.map(({_id}) => _id);
      return ids.length === 0 ? 0 : this.#connection.removeMany('replay', {_id: {$in: ids}, ...expired});
    });
  }
}
