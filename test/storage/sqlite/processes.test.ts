import {expect} from 'chai';
import Database from 'better-sqlite3';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {ALICE, insertKeystore} from '../records.ts';
import {runWriter, type Written} from './child.ts';
import {withTemporaryFile} from './temporary-store.ts';

async function expectAllStored(path: string, acknowledged: readonly Written[]): Promise<void> {
  const stores = await SqliteStores.open({path});
  for (const written of acknowledged) await expectStored(stores, written);
  await stores.close();
  expectSound(path);
}

async function expectStored(stores: SqliteStores, written: Written): Promise<void> {
  const {keystoreId, capabilityId, digest} = written;
  expect(await stores.keystores.find(keystoreId)).to.have.property('id', keystoreId);
  expect((await stores.keys.find(written))?.versions).to.have.lengthOf(1);
  expect(await stores.revocations.isAnyRevoked(keystoreId, [{delegator: ALICE, capabilityId}])).to.equal(
    true,
  );
  expect(await stores.replays.remember(Buffer.from(digest, 'hex'), {expiresAt: 0})).to.equal(false);
}

function expectSound(path: string): void {
  const db = new Database(path);
  try {
    expect(db.pragma('integrity_check', {simple: true})).to.equal('ok');
    expect(db.pragma('foreign_key_check')).to.deep.equal([]);
  } finally {
    db.close();
  }
}

describe('SQLite with several processes', () => {
  it('keeps everything that was acknowledged before kill -9', () =>
    withTemporaryFile(async (path) => {
      const acknowledged: Written[] = [];
      for (const enough of [1, 7, 20, 60]) {
        const {signal, lines, stderr} = await runWriter([path, 'write'], {
          onLine: (child, soFar) => {
            if (soFar.length >= enough) child.kill('SIGKILL');
          },
        });
        expect(stderr).to.equal('');
        expect(signal).to.equal('SIGKILL');
        acknowledged.push(...lines.map((line) => JSON.parse(line) as Written));
        await expectAllStored(path, acknowledged);
      }
      expect(acknowledged.length).to.be.at.least(88);
    }));

  it('refuses what does not fit on the disk, and keeps everything that was acknowledged', () =>
    withTemporaryFile(async (path) => {
      const {code, lines, stderr} = await runWriter([path, 'write'], {fileSizeBlocks: 2000});
      expect({code, stderr, last: lines.at(-1)}).to.deep.equal({
        code: 0,
        stderr: '',
        last: 'UnavailableError',
      });
      const acknowledged = lines.slice(0, -1).map((line) => JSON.parse(line) as Written);
      expect(acknowledged).to.not.be.empty;
      await expectAllStored(path, acknowledged);
    }));

  it('lets processes that start at once on a new file all open it', () =>
    withTemporaryFile(async (path) => {
      const outcomes = await Promise.all(Array.from({length: 4}, () => runWriter([path, 'open'])));
      for (const {code, stderr} of outcomes) expect({code, stderr}).to.deep.equal({code: 0, stderr: ''});
      expectSound(path);
    }));

  it('never exceeds a quota that several processes fill', () =>
    withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      const {id} = await insertKeystore(stores);
      const outcomes = await Promise.all(Array.from({length: 3}, () => runWriter([path, 'fill', id, '150'])));
      const inserted = outcomes.flatMap(({code, lines, stderr}) => {
        expect({code, stderr, last: lines.at(-1)}).to.deep.equal({
          code: 0,
          stderr: '',
          last: 'QuotaExceededError',
        });
        return lines.slice(0, -1);
      });
      const {results} = await stores.keys.list({keystoreId: id, limit: 1000});
      await stores.close();
      expect(results).to.have.lengthOf(150);
      expect(results.map(({localKeyId}) => localKeyId)).to.have.members(inserted);
    }));
});
