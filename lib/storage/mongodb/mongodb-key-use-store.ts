import {NotFoundError} from '../../errors.ts';
import type {KeyRecordId} from '../key-record-store.ts';
import type {KeyUseStore} from '../key-use-store.ts';
import {keyPlace} from './key-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {integer, members} from './stored-values.ts';

/** Uses are counted in the key's document, by writes that touch nothing else of it. */
export class MongodbKeyUseStore implements KeyUseStore {
  readonly #connection: MongodbConnection;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  add({version, count, ...id}: Parameters<KeyUseStore['add']>[0]): Promise<number> {
    return this.#connection.within(async () => {
      if (!Number.isSafeInteger(count) || count < 1) throw new RangeError('A key is used a number of times.');
      if (!Number.isSafeInteger(version)) throw new RangeError('A version is a number.');
      const uses = `uses.${version}`;
      const key = conditionsOf(id, version);
      // The sum stays exact.
      const most = Number.MAX_SAFE_INTEGER - count;
      const counted = await this.#connection.findAndUpdate(
        'key',
        {...key, $or: [{[uses]: {$exists: false}}, {[uses]: {$lte: most}}]},
        {$inc: {[uses]: count}},
        {projection: {[uses]: 1}},
      );
      if (counted) return integer(members(counted['uses'])[version]);
      if (await this.#connection.findOne('key', key, {projection: {_id: 1}})) {
        throw new RangeError('A key was used more often than can be counted.');
      }
      throw new NotFoundError('The key has no such version.');
    });
  }

  find(id: KeyRecordId): Promise<ReadonlyMap<number, number>> {
    return this.#connection.within(async () => {
      const {_id, keystoreId} = keyPlace(id);
      const found = await this.#connection.findOne(
        'key',
        {_id, keystoreId},
        {reading: 'decisive', projection: {uses: 1}},
      );
      const uses = Object.entries(members(found?.['uses'] ?? {}));
      return new Map(uses.map(([version, count]) => [Number(version), integer(count)] as const));
    });
  }
}

function conditionsOf(id: KeyRecordId, version: number) {
  const {_id, keystoreId} = keyPlace(id);
  return {_id, keystoreId, position: {$gt: 0}, 'versions.version': version};
}
