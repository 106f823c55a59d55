import {randomBytes} from 'node:crypto';
import {copyFileSync} from 'node:fs';
import {rename} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {expect} from 'chai';
import {DuplicateError, OutcomeUnknownError, UnavailableError} from '../../../lib/errors.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {Random} from '../../support/random.ts';
import {insertKey, insertKeystore, makeKey, makeRevocation, resealed} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {HeldFlushes} from './held-flushes.ts';
import {withTemporaryFile} from './temporary-store.ts';

const SOME_TURNS_MS = 30;
const SEED = Number(process.env['WEBKMS_TEST_SEED'] ?? 20_261_123);
const UNBOUNDED = {maxPerKeystore: 1e6};

interface Held {
  readonly flushes: HeldFlushes;
  readonly stores: SqliteStores;
  readonly path: string;
  /** From now on flushes do not end; what was begun and not ended. */
  readonly hold: () => ((error?: Error) => void)[];
  /** Ends all that are held, and lets the next end by themselves. */
  readonly release: () => void;
}

async function withHeld(work: (held: Held) => Promise<void>): Promise<void> {
  await withTemporaryFile((path) =>
    HeldFlushes.during(async (flushes) => {
      const stores = await SqliteStores.open({path});
      const held: ((error?: Error) => void)[] = [];
      const hold = (): ((error?: Error) => void)[] => {
        flushes.onBegun = (end) => void held.push(end);
        return held;
      };
      const release = (): void => {
        flushes.onBegun = (end) => end();
        for (const end of held.splice(0)) end();
      };
      try {
        await work({flushes, stores, path, hold, release});
      } finally {
        release();
        await stores.close();
      }
    }),
  );
}

/** As it would be found after a loss of power: without the index in memory. */
function copyDatabase(from: string, to: string): void {
  for (const suffix of ['', '-wal']) copyFileSync(from + suffix, to + suffix);
}

/** Whether it has ended after some turns of the event loop. */
async function hasEnded(attempt: Promise<unknown>): Promise<boolean> {
  const ended = attempt.then(
    () => true,
    () => true,
  );
  return Promise.race([ended, delay(SOME_TURNS_MS, false)]);
}

describe('The flush of SQLite’s log', () => {
  it('is waited for by who has written, and the event loop goes on', () =>
    withHeld(async ({stores, hold, release}) => {
      const {id} = await insertKeystore(stores);
      hold();
      const writes = [
        stores.ping(),
        stores.keys.insert(makeKey(id), UNBOUNDED),
        stores.revocations.insert(makeRevocation(id), {}),
      ];
      for (const write of writes) expect(await hasEnded(write)).to.equal(false);
      release();
      await Promise.all(writes);
    }));

  it('is waited for by whoever would be told what was written, on each connection, and by nobody else', () =>
    withHeld(async ({stores, path, hold, release}) => {
      const other = await SqliteStores.open({path});
      const {id: keystoreId} = await insertKeystore(stores);
      const known = await insertKey(stores, keystoreId);
      const all = [stores, other];
      const read = (from: SqliteStores, {localKeyId}: {localKeyId: string}) =>
        from.state.read({keystoreId, localKeyId});
      for (const each of all) await read(each, known);

      hold();
      const added = makeKey(keystoreId);
      const write = stores.keys.insert(added, UNBOUNDED);
      expect(await hasEnded(write)).to.equal(false);
      const told = all.flatMap((from) => [
        read(from, added),
        from.keys.find(added),
        from.keys.list({keystoreId, limit: 9}),
        from.keys.listIds({keystoreId, limit: 9}),
        expectRefusal(from.keys.insert(added, UNBOUNDED), DuplicateError),
      ]);
      for (const each of told) expect(await hasEnded(each)).to.equal(false);
      // What was on the disk before is told at once.
      for (const from of all) expect((await read(from, known)).key).to.have.property('sequence', 0);
      release();
      await Promise.all([write, ...told]);
      expect((await read(other, added)).key).to.have.property('localKeyId', added.localKeyId);
      await other.close();
    }));

  it('is waited for by who would use a new version of a key', () =>
    withHeld(async ({stores, hold, release}) => {
      const {id: keystoreId} = await insertKeystore(stores);
      const key = await insertKey(stores, keystoreId);
      const {localKeyId} = key;
      await stores.state.read({keystoreId, localKeyId});
      hold();
      const write = stores.keys.update({...key, sequence: 1});
      expect(await hasEnded(write)).to.equal(false);
      const reading = stores.state.read({keystoreId, localKeyId});
      expect(await hasEnded(reading)).to.equal(false);
      release();
      expect((await reading).key).to.have.property('sequence', 1);
      await write;
    }));

  it('is not waited for by what needs none, nor by who reads it', () =>
    withHeld(async ({stores, hold}) => {
      const {id} = await insertKeystore(stores);
      const key = await insertKey(stores, id);
      const begun = hold();
      expect(await stores.replays.remember(randomBytes(32), {expiresAt: 0})).to.equal(true);
      const replacement = {record: resealed(key), replacedSequence: 0};
      expect(await stores.keys.replace([replacement], {flush: false})).to.deep.equal([true]);
      expect(await stores.keys.find(key)).to.have.property('sequence', 1);
      expect(begun).to.deep.equal([]);
    }));

  it('is not waited for by what needs none while others wait', () =>
    withHeld(async ({stores, hold, release}) => {
      hold();
      const writes = [stores.ping()];
      for (const more of [1, 2, 3]) {
        expect(await hasEnded(writes[more - 1]!)).to.equal(false);
        writes.push(stores.ping());
      }
      expect(await stores.replays.remember(randomBytes(32), {expiresAt: 0})).to.equal(true);
      release();
      await Promise.all(writes);
    }));

  it('is of what was committed before it began: the rest is another’s, and there are two at once at most', () =>
    withHeld(async ({stores, hold, release}) => {
      const begun = hold();
      const [first, second] = [stores.ping(), delay(SOME_TURNS_MS).then(() => stores.ping())];
      await hasEnded(second);
      await hasEnded(second);
      expect(begun).to.have.lengthOf(2);
      const more = [1, 2, 3].map(() => stores.ping());
      expect(await hasEnded(more[0]!)).to.equal(false);
      expect(begun).to.have.lengthOf(2);
      begun[0]!();
      await first;
      expect(await hasEnded(second)).to.equal(false);
      expect(begun).to.have.lengthOf(3);
      begun[2]!();
      await Promise.all(more);
      release();
      await second;
    }));

  it('that fails leaves nothing that could be taken for stored: until the next start nothing is answered', () =>
    withHeld(async ({flushes, stores, path, hold, release}) => {
      const {id} = await insertKeystore(stores);
      const begun = hold();
      const lost = stores.keys.insert(makeKey(id), UNBOUNDED);
      const refused = expectRefusal(lost, OutcomeUnknownError);
      expect(await hasEnded(lost)).to.equal(false);
      const reading = expectRefusal(stores.keys.list({keystoreId: id, limit: 9}), UnavailableError);
      begun.splice(0).forEach((end) => end(Object.assign(new Error('EIO: i/o error'), {code: 'EIO'})));
      await Promise.all([refused, reading]);
      // The system tells of it once.
      release();
      flushes.onBegun = (end) => end();
      await expectRefusal(stores.ping(), UnavailableError);
      await expectRefusal(stores.keystores.find(id), UnavailableError);
      await expectRefusal(stores.state.read({keystoreId: id}), UnavailableError);
      await expectRefusal(stores.replays.remember(randomBytes(32), {expiresAt: 0}), UnavailableError);
      await stores.close();
      const next = await SqliteStores.open({path});
      await next.ping();
      expect(await next.keystores.find(id)).to.have.property('id', id);
      await next.close();
    }));

  it('is of the log that SQLite writes: nothing is stored where that was moved away', () =>
    withHeld(async ({stores, path}) => {
      await stores.ping();
      await rename(`${path}-wal`, `${path}-away`);
      await expectRefusal(stores.ping(), UnavailableError);
      await rename(`${path}-away`, `${path}-wal`);
      await stores.ping();
    }));

  it(`has all that anybody was told, wherever the power is cut (seed ${SEED})`, function () {
    this.timeout(120_000);
    return withHeld(async ({flushes, stores, path}) => {
      const random = new Random(SEED);
      const other = await SqliteStores.open({path});
      const {id: keystoreId} = await insertKeystore(stores);
      const tried: string[] = [];
      const told = new Set<string>();
      let [newest, cuts, images, end] = [0, 0, 0, false];
      // What is on the disk at least: both files as they were when a flush began that has ended.
      flushes.onBegun = (done) => {
        const image = ++images;
        copyDatabase(path, `${path}.image${image}`);
        setTimeout(() => {
          newest = Math.max(newest, image);
          done();
        }, random.below(4));
      };
      const work = async (from: SqliteStores): Promise<void> => {
        while (!end) {
          const key = makeKey(keystoreId);
          await from.replays.remember(randomBytes(32), {expiresAt: 0});
          tried.push(key.localKeyId);
          await from.keys.insert(key, UNBOUNDED);
          told.add(key.localKeyId);
        }
      };
      const look = async (from: SqliteStores): Promise<void> => {
        while (!end) {
          const localKeyId = tried.at(-1);
          if (localKeyId !== undefined && (await from.state.read({keystoreId, localKeyId})).key) {
            told.add(localKeyId);
          }
          const {results} = await from.keys.listIds({keystoreId, limit: 1000});
          for (const listed of results) told.add(listed);
          await delay(1);
        }
      };
      const busy = [stores, other].flatMap((from) => [work(from), work(from), look(from)]);
      while (cuts < 6 || told.size < 20) {
        await delay(20 + random.below(30));
        if (newest === 0) continue;
        const expected = [...told];
        const cut = `${path}.cut${++cuts}`;
        copyDatabase(`${path}.image${newest}`, cut);
        const found = await SqliteStores.open({path: cut});
        const {results} = await found.keys.listIds({keystoreId, limit: 1000});
        expect(results).to.include.members(expected);
        await found.close();
      }
      end = true;
      await Promise.all(busy);
      await other.close();
    });
  });
});
