import type {LeaseStore} from '../lease-store.ts';
import {DuplicateKeyError} from './driver-error.ts';
import type {MongodbConnection} from './mongodb-connection.ts';

export class MongodbLeaseStore implements LeaseStore {
  readonly #connection: MongodbConnection;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  acquire(...[name, {holder, now, expiresAt}]: Parameters<LeaseStore['acquire']>): Promise<boolean> {
    const isFree = {$or: [{holder}, {expiresAt: {$lte: now}}]};
    return this.#connection.within(async () => {
      if (await this.#connection.update('lease', {_id: name, ...isFree}, {$set: {holder, expiresAt}}))
        return true;
      try {
        await this.#connection.insert('lease', {_id: name, holder, expiresAt});
        return true;
      } catch (error) {
        if (error instanceof DuplicateKeyError) return false;
        throw error;
      }
    });
  }

  release(name: string, holder: string): Promise<void> {
    return this.#connection.within(async () => {
      await this.#connection.remove('lease', {_id: name, holder});
    });
  }
}
