import {randomBytes} from 'node:crypto';
import {statSync} from 'node:fs';
import {readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertKey, insertKeystore} from '../records.ts';
import {expectRefusal, plain} from '../store-suite.ts';
import {runWriter, type Written} from './child.ts';
import {withTemporaryFile} from './temporary-store.ts';

const MEGABYTE_OF_DIGESTS = 12_000;

/** Makes the database about `megabytes` larger. */
function fatten(path: string, megabytes: number): void {
  const db = new Database(path);
  const insert = db.prepare('INSERT INTO replay VALUES (?, 0)');
  db.transaction(() => {
    for (let count = 0; count < megabytes * MEGABYTE_OF_DIGESTS; count++) insert.run(randomBytes(32));
  })();
  db.close();
}

const withStores = (work: (stores: SqliteStores, path: string) => Promise<void>): Promise<void> =>
  withTemporaryFile(async (path) => {
    const stores = await SqliteStores.open({path});
    try {
      await work(stores, path);
    } finally {
      await stores.close();
    }
  });

const filesBeside = async (path: string): Promise<string[]> =>
  (await readdir(dirname(path))).filter((name) => name.startsWith('copy'));

describe('A copy of an SQLite database', () => {
  it('is a database of its own with all that was stored, for its owner only', () =>
    withStores(async (stores, path) => {
      const config = await insertKeystore(stores);
      const key = await insertKey(stores, config.id);
      const copy = `${dirname(path)}/copy.db`;
      const umask = process.umask(0);
      try {
        const modes: number[] = [];
        await stores.copyTo(copy, {onProgress: () => modes.push(statSync(copy).mode & 0o777)});
        modes.push(statSync(copy).mode & 0o777);
        expect(new Set(modes)).to.deep.equal(new Set([0o600]));
      } finally {
        process.umask(umask);
      }
      expect(await filesBeside(path)).to.deep.equal(['copy.db']);
      const later = await insertKey(stores, config.id);

      const copied = await SqliteStores.open({path: copy});
      expect(plain(await copied.keystores.find(config.id))).to.deep.equal(plain(config));
      expect(plain(await copied.keys.find(key))).to.deep.equal(plain(key));
      expect(await copied.keys.find(later)).to.equal(undefined);
      expect(await copied.verify()).to.deep.equal([]);
      await insertKeystore(copied);
      await copied.close();
    }));

  it('tells how far it is', () =>
    withStores(async (stores, path) => {
      fatten(path, 4);
      const reports: (readonly [done: number, total: number])[] = [];
      await stores.copyTo(`${dirname(path)}/copy.db`, {onProgress: (...report) => reports.push(report)});
      expect(reports.length).to.be.greaterThan(3);
      expect(reports.map(([done]) => done)).to.deep.equal(
        reports.map(([done]) => done).toSorted((a, b) => a - b),
      );
      for (const [done, total] of reports) expect(done).to.be.within(0, total);
    }));

  it('is of one moment while this and other processes write, and holds up nobody', () =>
    withStores(async (stores, path) => {
      fatten(path, 12);
      const copy = `${dirname(path)}/copy.db`;
      const {id} = await insertKeystore(stores);
      const own: string[] = [];
      const copied = new AbortController();
      const writing = (async () => {
        while (!copied.signal.aborted) own.push((await insertKey(stores, id)).localKeyId);
      })();
      let copying: Promise<void> | undefined;
      let atStart = 0;
      const {lines, stderr} = await runWriter([path, 'write'], {
        onLine: (child, soFar) => {
          // Only once it has written after the copy was made.
          if (copied.signal.aborted) child.kill('SIGKILL');
          if (soFar.length < 5 || copying) return;
          atStart = soFar.length;
          copying = stores.copyTo(copy).finally(() => copied.abort());
          copying.catch(() => undefined);
        },
      });
      expect(stderr).to.equal('');
      await copying;
      await writing;
      own.push((await insertKey(stores, id)).localKeyId);
      const taken = await SqliteStores.open({path: copy});
      expect(await taken.verify()).to.deep.equal([]);
      // Each key of this process comes after the one before: the copy holds them up to one, and none after.
      const found = await Promise.all(own.map((localKeyId) => taken.keys.find({keystoreId: id, localKeyId})));
      const kept = found.findIndex((key) => key === undefined);
      expect(kept).to.be.greaterThan(0);
      expect(found.slice(kept).every((key) => key === undefined)).to.equal(true);
      const theirs = lines.map((line) => JSON.parse(line) as Written);
      const present = await Promise.all(theirs.map((written) => taken.keys.find(written)));
      expect(present.slice(0, atStart).every((key) => key !== undefined)).to.equal(true);
      const gap = present.findIndex((key) => key === undefined);
      expect(gap).to.be.at.least(atStart);
      expect(present.slice(gap).every((key) => key === undefined)).to.equal(true);
      await taken.close();
    }));

  it('is refused where there is a file already, which stays as it is', () =>
    withStores(async (stores, path) => {
      const copy = `${dirname(path)}/copy.db`;
      for (const content of ['mine', '']) {
        await writeFile(copy, content);
        await expectRefusal(stores.copyTo(copy), UnavailableError);
        expect(await readFile(copy, 'utf8')).to.equal(content);
      }
      await expectRefusal(stores.copyTo(path), UnavailableError);
      await stores.ping();
      await rm(copy);
      await stores.copyTo(copy);
    }));

  it('leaves nothing where it cannot be made', () =>
    withStores(async (stores, path) => {
      const before = await readdir(dirname(path));
      for (const name of ['missing/copy.db', 'copy.db ', 'webkms.db/copy.db']) {
        await expectRefusal(stores.copyTo(`${dirname(path)}/${name}`), UnavailableError);
      }
      expect(await readdir(dirname(path))).to.deep.equal(before);
      await stores.copyTo(`${dirname(path)}/copy.db`);
    }));

  it('leaves nothing where the disk is full', () =>
    withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      fatten(path, 4);
      await stores.close();
      const copy = `${dirname(path)}/copy.db`;
      const {lines, stderr} = await runWriter([path, 'copy', copy], {fileSizeBlocks: 2000});
      expect({lines, stderr}).to.deep.equal({lines: ['UnavailableError'], stderr: ''});
      expect(await filesBeside(path)).to.deep.equal([]);
      const {lines: printed} = await runWriter([path, 'copy', copy]);
      expect(printed).to.deep.equal(['copied']);
      expect(await filesBeside(path)).to.deep.equal(['copy.db']);
    }));

  it('ends with the store, and leaves nothing', () =>
    withStores(async (stores, path) => {
      fatten(path, 8);
      const copy = `${dirname(path)}/copy.db`;
      await expectRefusal(stores.copyTo(copy, {onProgress: () => void stores.close()}), UnavailableError);
      expect(await filesBeside(path)).to.deep.equal([]);
      const again = await SqliteStores.open({path});
      await again.copyTo(copy);
      await again.close();
    }));
});
