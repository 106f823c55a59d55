import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {scheduleDeletion} from '../../lib/keys/key-changes.ts';
import type {KeyLifecycleRound} from '../../lib/maintenance/key-lifecycle.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {Random} from '../support/random.ts';
import {addKeyWith, DAY_MS, storedKey} from './key-lifecycle-fixture.ts';
import type {Node} from './node.ts';
import {useNodes} from './use-nodes.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const SEED = Number(process.env['WEBKMS_TEST_SEED'] ?? 20_261_122);
const PROGRAM = fileURLToPath(new URL('./key-lifecycle-process.ts', import.meta.url));
const [KEYS, KILLS, LONGEST_MS] = LONG ? [2000, 20, 1000] : [300, 5, 400];
const AHEAD_MS = 31 * DAY_MS;

/** @param killAfterMs counted from when it works; undefined: it goes on to the end. @returns the lines that it wrote */
async function work(dataDir: string, killAfterMs: number | undefined): Promise<readonly string[]> {
  const child = spawn(process.execPath, [PROGRAM, dataDir, String(AHEAD_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let killing: Promise<unknown> | undefined;
  for await (const line of createInterface({input: child.stdout})) {
    lines.push(line);
    if (killAfterMs !== undefined) killing ??= sleep(killAfterMs).then(() => child.kill('SIGKILL'));
  }
  await killing;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return lines;
}

/** What of a key must go together. */
function shape({state, sequence, dueAt, tags, versions}: KeyRecord): string {
  const each = versions.map((version) => `${version.state}${version.material ? '' : ' without material'}`);
  return `${state} ${sequence} ${dueAt === undefined ? 'not due' : 'due'} ${tags ? 'named' : 'nameless'}: ${each.join()}`;
}

const ROTATION = {
  before: 'enabled 0 due named: enabled',
  after: 'enabled 1 due named: destroyed without material,enabled',
};
const DELETION = {
  before: 'pendingDeletion 1 due named: enabled',
  after: 'deleted 2 not due nameless: destroyed without material',
};

describe('kill -9 of what happens to keys by itself', function () {
  this.timeout(LONG ? 600_000 : 60_000);
  const nodes = useNodes();

  it(`${KILLS} times: nothing is half done, nothing is done twice (seed ${SEED})`, async () => {
    const node = await nodes.open();
    const keystoreId = await node.addKeystore();
    const policy = {rotation: {afterSeconds: 30 * 86_400}, maxVersions: 1, destroyUsableVersions: true};
    const defaults = {deletionWindowSeconds: 30 * 86_400, minDeletionWindowSeconds: 0};
    const keys: (readonly [KeyRecord, typeof ROTATION])[] = [];
    for (let index = 0; index < KEYS; index++) {
      const key = await addKeyWith(node, keystoreId, {policy, tags: {name: `key ${index}`}});
      if (index % 2) {
        const pending = scheduleDeletion(key, {defaults, now: Date.now()});
        await node.management.requestStores.keys.update(pending);
      }
      keys.push([key, index % 2 ? DELETION : ROTATION]);
    }
    const countDone = async (reader: Node): Promise<number> => {
      let done = 0;
      for (const [key, {before, after}] of keys) {
        const found = shape(await storedKey(reader, key));
        expect(found).to.be.oneOf([before, after]);
        if (found === after) done++;
      }
      return done;
    };
    const random = new Random(SEED);
    const done: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      await work(nodes.dataDir(), random.below(LONGEST_MS));
      done.push(await countDone(node));
    }
    console.log(`    keys done at each kill: ${done.join()} of ${KEYS}`);
    expect(done[0], 'killed before the end').to.be.below(KEYS);
    expect(done.at(-1), 'killed in the middle').to.be.greaterThan(0);
    const [, json = ''] = await work(nodes.dataDir(), undefined);
    const rest = JSON.parse(json) as Omit<KeyLifecycleRound, 'more'>;
    expect(rest.failed).to.equal(0);
    expect(rest.rotated + rest.destroyed).to.equal(KEYS - done.at(-1)!);
    expect(await countDone(await nodes.open())).to.equal(KEYS);
  });
});
