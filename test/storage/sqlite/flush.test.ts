import Database from 'better-sqlite3';
import {expect} from 'chai';
import {InternalError} from '../../../lib/errors.ts';
import {SqliteConnection} from '../../../lib/storage/sqlite/connection.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertKey, insertKeystore, resealed} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {withTemporaryFile} from './temporary-store.ts';

const [NORMAL, FULL, EXTRA] = [1, 2, 3];

describe('A write to SQLite that need not be flushed', () => {
  it('is at a lower level of synchronous, which is as before afterwards, also where it fails', () =>
    withTemporaryFile(async (path) => {
      const db = new Database(path);
      db.pragma('journal_mode = WAL');
      const connection = SqliteConnection.of(db, 20);
      const level = (): number => Number(db.pragma('synchronous', {simple: true}));
      const fail = (): never => {
        throw new TypeError('It fails.');
      };
      for (const usual of [FULL, EXTRA]) {
        db.pragma(`synchronous = ${usual}`);
        expect(await connection.write(level, {flush: false})).to.equal(NORMAL);
        expect(level()).to.equal(usual);
        await expectRefusal(connection.write(fail, {flush: false}), InternalError);
        expect(level()).to.equal(usual);
        expect(await connection.write(level)).to.equal(usual);
        expect(await connection.write(level, {flush: true})).to.equal(usual);
      }
      db.close();
    }));

  it('is there for every process at once', () =>
    withTemporaryFile(async (path) => {
      const [stores, other] = [await SqliteStores.open({path}), await SqliteStores.open({path})];
      const {id: keystoreId} = await insertKeystore(stores);
      const record = await insertKey(stores, keystoreId);
      const replacement = {record: resealed(record), replacedSequence: 0};
      expect(await stores.keys.replace([replacement], {flush: false})).to.deep.equal([true]);
      expect((await other.keys.find(record))?.sequence).to.equal(1);
      await stores.close();
      await other.close();
    }));
});
