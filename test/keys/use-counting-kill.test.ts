import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {stat} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {insertKey, insertKeystore} from '../storage/records.ts';
import {withTemporaryFile} from '../storage/sqlite/temporary-store.ts';
import {Random} from '../support/random.ts';

const PROGRAM = fileURLToPath(new URL('./use-counting-process.ts', import.meta.url));
const SEED = Number(process.env['WEBKMS_TEST_SEED'] ?? 20_261_122);
const KILLS = 4;

/** @returns how many uses the process made, which is killed so long after it begins */
async function useUntilKilled(
  path: string,
  {record, name, killAfterMs}: {readonly record: object; readonly name: string; readonly killAfterMs: number},
): Promise<number> {
  const uses = `${path}.${name}`;
  const child = spawn(process.execPath, [PROGRAM, path, JSON.stringify(record), uses], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  await sleep(killAfterMs);
  child.kill('SIGKILL');
  await closed;
  return (await stat(uses)).size;
}

describe('kill -9 of processes that use a key', function () {
  this.timeout(60_000);

  it(`${KILLS} times, two at a time: no use is missing in the stored count (seed ${SEED})`, async () => {
    await withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      const {id} = await insertKeystore(stores);
      const {keystoreId, localKeyId} = await insertKey(stores, id);
      const record = {keystoreId, localKeyId, versions: [{version: 1}]};
      const random = new Random(SEED);
      let used = 0;
      for (let kill = 1; kill <= KILLS; kill++) {
        const both = ['one', 'other'].map((name) =>
          useUntilKilled(path, {record, name, killAfterMs: 20 + random.below(100)}),
        );
        for (const count of await Promise.all(both)) used += count;
        const stored = (await stores.keyUses.find({keystoreId, localKeyId})).get(1) ?? 0;
        expect(stored).to.be.at.least(used);
        // What is wasted: of each process a block at most.
        expect(stored - used).to.be.at.most(kill * 2 * 4096);
      }
      expect(used).to.be.greaterThan(100);
      await stores.close();
    });
  });
});
