import {setImmediate as nextTurn} from 'node:timers/promises';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import fc from 'fast-check';
import {NotFoundError, UnavailableError} from '../../../lib/errors.ts';
import {SqliteConnection} from '../../../lib/storage/sqlite/connection.ts';
import {Transactions} from '../../../lib/storage/sqlite/transactions.ts';
import {WriteQueue} from '../../../lib/storage/sqlite/write-queue.ts';
import {expectRefusal} from '../store-suite.ts';
import {withTemporaryFile} from './temporary-store.ts';

interface Place {
  readonly path: string;
  readonly connection: SqliteConnection;
  /** Writes that share a transaction however long they take. */
  readonly write: <T>(work: () => T, options?: {flush?: boolean; committed?: () => void}) => Promise<T>;
  /** What SQLite ran since it was emptied. */
  readonly statements: string[];
  /** Stores two rows. */
  readonly put: (value: number) => number;
  /** What another connection finds: each value once. */
  readonly stored: () => readonly number[];
}

const FAILURES = {
  /** The statement alone is undone by SQLite. */
  check: (value: number) => `INSERT INTO item (value) VALUES (${-1 - value})`,
  /** Told of by the commit. */
  deferred: (value: number) => `INSERT INTO child (item) VALUES (${value + 1_000_000})`,
  /** SQLite rolls back the whole transaction. */
  rollback: () => `INSERT INTO forbidden VALUES (1)`,
} as const;

type Failure = keyof typeof FAILURES;

async function withPlace(work: (place: Place) => Promise<void>, busyTimeoutMs = 2000): Promise<void> {
  await withTemporaryFile(async (path) => {
    const statements: string[] = [];
    const verbose = (sql: unknown): void => void statements.push(String(sql));
    const db = new Database(path, {timeout: 1, verbose});
    db.pragma('journal_mode = WAL');
    db.pragma('foreign_keys = ON');
    db.exec(`CREATE TABLE item (value INTEGER PRIMARY KEY CHECK (value >= 0)) STRICT;
      CREATE TABLE child (item INTEGER NOT NULL REFERENCES item DEFERRABLE INITIALLY DEFERRED) STRICT;
      CREATE TABLE forbidden (value INTEGER NOT NULL) STRICT;
      CREATE TRIGGER forbid BEFORE INSERT ON forbidden BEGIN SELECT RAISE(ROLLBACK, 'no'); END;`);
    const connection = SqliteConnection.of(db, busyTimeoutMs);
    const transactions = new Transactions(db);
    const queue = new WriteQueue({
      transactions,
      assertUsable: () => undefined,
      busyTimeoutMs,
      sliceMs: Infinity,
    });
    const write: Place['write'] = (work, {flush = true, committed = () => undefined} = {}) =>
      queue.add(work, {flush, committed});
    const insert = db.prepare('INSERT INTO item (value) VALUES (?)');
    const insertChild = db.prepare('INSERT INTO child (item) VALUES (?)');
    const reader = new Database(path, {readonly: true});
    const stored = (): number[] => {
      const read = (sql: string): number[] => reader.prepare<[], number>(sql).pluck().all();
      const values = read('SELECT value FROM item ORDER BY value');
      expect(read('SELECT item FROM child ORDER BY item')).to.deep.equal(values);
      return values;
    };
    const put = (value: number): number => {
      insert.run(value);
      insertChild.run(value);
      return value;
    };
    statements.length = 0;
    try {
      await work({path, connection, write, statements, put, stored});
    } finally {
      reader.close();
      await connection.close();
    }
  });
}

const commits = ({statements}: Place): number => statements.filter((sql) => sql === 'COMMIT').length;

describe('Writes to SQLite in one turn', () => {
  it('share a commit, and are answered each with its own result, in order', () =>
    withPlace(async (place) => {
      const {write, put, stored} = place;
      const answered: number[] = [];
      const writes = [5, 3, 9].map(async (value) => {
        answered.push(await write(() => put(value)));
      });
      expect(stored()).to.deep.equal([]);
      await Promise.all(writes);
      expect(answered).to.deep.equal([5, 3, 9]);
      expect(stored()).to.deep.equal([3, 5, 9]);
      expect(commits(place)).to.equal(1);
      for (const value of [1, 2]) await write(() => put(value));
      expect(commits(place)).to.equal(3);
    }));

  it('share it with those of the next turn as long as there are more each turn', () =>
    withPlace(async (place) => {
      const {write, put, stored} = place;
      const writes = [1, 2].map((value) => write(() => put(value)));
      await nextTurn();
      writes.push(write(() => put(3)));
      await nextTurn();
      writes.push(write(() => put(4)));
      expect(stored()).to.deep.equal([]);
      await Promise.all(writes);
      expect(commits(place)).to.equal(1);
    }));

  it('wait for no other where one is alone', () =>
    withPlace(async (place) => {
      const {write, put, stored} = place;
      const first = write(() => put(1));
      await nextTurn();
      const second = write(() => put(2));
      expect(stored()).to.deep.equal([1]);
      await Promise.all([first, second]);
      expect(commits(place)).to.equal(2);
    }));

  it('are answered however many others come each turn', () =>
    withPlace(async ({write, put}) => {
      const answered = new Set<number>();
      const writes: Promise<unknown>[] = [];
      for (let value = 0; !answered.has(0); value++) {
        writes.push(write(() => put(value)).then((result) => answered.add(result)));
        await nextTurn();
      }
      await Promise.all(writes);
    }));

  it('are flushed where one of them has to be', () =>
    withPlace(async (place) => {
      const {write, put, statements} = place;
      const lowered = (): boolean => statements.some((sql) => sql.includes('synchronous = NORMAL'));
      await Promise.all([1, 2].map((value) => write(() => put(value), {flush: value === 2})));
      expect([lowered(), commits(place)]).to.deep.equal([false, 1]);
      await Promise.all([3, 4].map((value) => write(() => put(value), {flush: false})));
      expect([lowered(), commits(place)]).to.deep.equal([true, 2]);
    }));

  it('fail each alone, whether the statement, the commit or SQLite’s own rollback tells', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.constantFrom(...(Object.keys(FAILURES) as Failure[]))), {
          minLength: 1,
          maxLength: 8,
        }),
        // Whether they fail before they have written anything.
        fc.array(fc.boolean(), {minLength: 8, maxLength: 8}),
        (failures, early) =>
          withPlace(async (place) => {
            const {connection, write, put, stored} = place;
            const told: number[] = [];
            const committed = (value: number) => (): void => void told.push(value);
            const outcomes = await Promise.allSettled(
              failures.map((failure, value) =>
                write(
                  () => {
                    const fail = (): void => {
                      if (failure) connection.prepare(FAILURES[failure](value)).run();
                    };
                    if (early[value]) fail();
                    put(value);
                    if (!early[value]) fail();
                    return value;
                  },
                  {committed: committed(value)},
                ),
              ),
            );
            const good = failures.flatMap((failure, value) => (failure ? [] : [value]));
            expect(stored()).to.deep.equal(good);
            expect(told).to.deep.equal(good);
            for (const [value, outcome] of outcomes.entries()) {
              if (failures[value] === null) expect(outcome).to.include({status: 'fulfilled', value});
              else expect(outcome).to.have.property('reason').that.is.instanceOf(Database.SqliteError);
            }
          }),
      ),
      {numRuns: 60},
    ));

  it('are done once where others are refused, and once more where another fails halfway', () =>
    withPlace(async (place) => {
      const {write, put, stored} = place;
      const called: number[] = [];
      const attempt = (value: number, refuse?: 'early' | 'late'): Promise<number> =>
        write(() => {
          called.push(value);
          if (refuse === 'early') throw new NotFoundError('No.');
          put(value);
          if (refuse === 'late') throw new NotFoundError('No.');
          return value;
        });
      const refused = [
        expectRefusal(attempt(1, 'early'), NotFoundError),
        attempt(2),
        expectRefusal(attempt(3, 'early'), NotFoundError),
        attempt(4),
      ];
      await Promise.all(refused);
      expect([called, stored(), commits(place)]).to.deep.equal([[1, 2, 3, 4], [2, 4], 1]);
      await Promise.all([attempt(5), expectRefusal(attempt(6, 'late'), NotFoundError), attempt(7)]);
      expect(called.slice(4)).to.deep.equal([5, 6, 5, 6, 7]);
      expect([stored(), commits(place)]).to.deep.equal([[2, 4, 5, 7], 2]);
    }));

  it('wait together for another’s lock, and are unavailable together where it is not given up', () =>
    withPlace(async (place) => {
      const {write, put, stored, path} = place;
      const holder = new Database(path);
      holder.exec('BEGIN IMMEDIATE');
      const waiting = [1, 2, 3].map((value) => write(() => put(value)));
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(stored()).to.deep.equal([]);
      holder.exec('ROLLBACK');
      expect(await Promise.all(waiting)).to.deep.equal([1, 2, 3]);
      expect(commits(place)).to.equal(1);
      holder.close();
      await withPlace(async ({path: held, ...impatient}) => {
        const other = new Database(held);
        other.exec('BEGIN IMMEDIATE');
        const refused = [1, 2].map((value) => impatient.connection.write(() => impatient.put(value)));
        for (const write of refused) await expectRefusal(write, UnavailableError);
        other.exec('ROLLBACK');
        other.close();
        expect(await impatient.connection.write(() => impatient.put(4))).to.equal(4);
        expect(impatient.stored()).to.deep.equal([4]);
      }, 5);
    }));

  it('that are many, or slow, let others have their turn in between', () =>
    withPlace(async (place) => {
      const {connection, put, stored} = place;
      const spin = (): void => {
        const until = performance.now() + 1;
        while (performance.now() < until);
      };
      let isDone = false;
      let turns = 0;
      const count = (): void => {
        turns++;
        if (!isDone) setImmediate(count);
      };
      const writes = Array.from({length: 40}, (_, value) =>
        connection.write(() => {
          spin();
          return put(value);
        }),
      );
      setImmediate(count);
      await Promise.all(writes);
      isDone = true;
      expect(stored()).to.have.lengthOf(40);
      expect(turns).to.be.greaterThan(3);
      expect(commits(place)).to.be.within(2, 40);
    }));

  it('are unavailable where the store was closed before they were committed', () =>
    withPlace(async ({connection, put}) => {
      const writes = [1, 2].map((value) => connection.write(() => put(value)));
      await connection.close();
      for (const write of writes) await expectRefusal(write, UnavailableError);
    }));
});
