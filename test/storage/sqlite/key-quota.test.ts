import Database from 'better-sqlite3';
import {expect} from 'chai';
import fc from 'fast-check';
import {InternalError, QuotaExceededError} from '../../../lib/errors.ts';
import {SqliteConnection} from '../../../lib/storage/sqlite/connection.ts';
import {KeyRecordWriter} from '../../../lib/storage/sqlite/key-record-writer.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertKeystore, makeKey, tombstone} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {withTemporaryFile} from './temporary-store.ts';

const STEPS = ['insert', 'insertElsewhere', 'insertInOther', 'refused', 'several', 'delete'] as const;

describe('The quota of keys in SQLite', () => {
  it('is kept exactly, whoever inserts and deletes, and whatever was rolled back', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({min: 1, max: 5}),
        fc.array(fc.constantFrom(...STEPS), {minLength: 5, maxLength: 14}),
        (max, steps) =>
          withTemporaryFile(async (path) => {
            const [stores, elsewhere] = [await SqliteStores.open({path}), await SqliteStores.open({path})];
            const keystore = await insertKeystore(stores);
            const other = await insertKeystore(stores);
            const kept: ReturnType<typeof makeKey>[] = [];
            // Which of several connections is first is nobody's to say; how many keys are let in is.
            const insert = async (...by: readonly SqliteStores[]): Promise<void> => {
              const most = Math.min(max, kept.length + by.length);
              const attempts = by.map(async ({keys}) => {
                const key = makeKey(keystore.id);
                const isRefused = await keys.insert(key, {maxPerKeystore: max}).then(
                  () => false,
                  (error: unknown) => error instanceof QuotaExceededError || Promise.reject(error as Error),
                );
                if (!isRefused) kept.push(key);
              });
              await Promise.all(attempts);
              expect(kept.length).to.equal(most);
            };
            for (const step of steps) {
              if (step === 'insert') await insert(stores);
              if (step === 'insertElsewhere') await insert(elsewhere);
              if (step === 'insertInOther')
                await stores.keys.insert(makeKey(other.id), {maxPerKeystore: 1000});
              if (step === 'several') await insert(stores, stores, elsewhere);
              if (step === 'refused') {
                // Its positions are given again.
                const broken = {...makeKey(keystore.id), createdAt: 1.5};
                await Promise.allSettled([
                  stores.keys.insert(makeKey(other.id), {maxPerKeystore: 1000}),
                  stores.keys.insert(broken, {maxPerKeystore: max}),
                  stores.keys.insert({...broken, keystoreId: other.id}, {maxPerKeystore: 1000}),
                ]);
              }
              const key = step === 'delete' ? kept.pop() : undefined;
              if (key) await stores.keys.update(tombstone(key));
            }
            const db = new Database(path, {readonly: true});
            const count = db
              .prepare<[string], number>(
                `SELECT count(*) FROM key_record r JOIN keystore k ON k.position = r.keystore
                 WHERE k.id = ? AND r.state <> 'deleted'`,
              )
              .pluck()
              .get(keystore.id);
            db.close();
            expect(count).to.equal(kept.length);
            await stores.close();
            await elsewhere.close();
          }),
      ),
      {numRuns: 8},
    ));

  it('is not counted by positions that were rolled back, and are given again', () =>
    withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      const [keystore, other] = [await insertKeystore(stores), await insertKeystore(stores)];
      const connection = await SqliteConnection.open(path, 1000);
      const writer = new KeyRecordWriter(connection);
      const rolledBack = connection.write(() => {
        for (let i = 0; i < 3; i++) writer.insert(makeKey(other.id), {maxPerKeystore: 9});
        writer.insert(makeKey(keystore.id), {maxPerKeystore: 3});
        throw new TypeError('All of it.');
      });
      await expectRefusal(rolledBack, InternalError);
      const insert = (): Promise<unknown> =>
        connection.write(() => writer.insert(makeKey(keystore.id), {maxPerKeystore: 3}));
      for (let i = 0; i < 3; i++) await insert();
      await expectRefusal(insert(), QuotaExceededError);
      await connection.close();
      await stores.close();
    }));
});
