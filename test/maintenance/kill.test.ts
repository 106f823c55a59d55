import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import type {JobOutcome} from '../../lib/maintenance/job-outcome.ts';
import {keyVersions, staleRows} from '../demonstrations/key-versions.ts';
import {Random} from '../support/random.ts';
import {useNodes} from './use-nodes.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const SEED = Number(process.env['WEBKMS_TEST_SEED'] ?? 20_261_122);
const PROGRAM = fileURLToPath(new URL('./job-process.ts', import.meta.url));
const [KEYSTORES, KEYS, RATE, KILLS] = LONG ? [20, 50, 150, 20] : [6, 12, 60, 5];

/** @param killAfterMs counted from when it works; undefined: it goes on to the end. @returns the lines that it wrote */
async function work(dataDir: string, killAfterMs: number | undefined): Promise<readonly string[]> {
  const child = spawn(process.execPath, [PROGRAM, dataDir, String(RATE)], {
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

describe('kill -9 of a maintenance job', function () {
  this.timeout(LONG ? 600_000 : 120_000);
  const nodes = useNodes();

  it(`${KILLS} times: nothing is lost, nothing is done twice (seed ${SEED})`, async () => {
    const dataDir = nodes.dataDir();
    const populating = await nodes.open();
    await populating.populate({keystores: KEYSTORES, keys: KEYS});
    const total = KEYSTORES * (KEYS + 1);
    const before = keyVersions(dataDir);
    const random = new Random(SEED);
    const ids = new Set<string | undefined>();
    const left: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      // The first times while it rotates.
      const lines = await work(dataDir, kill === 0 ? 5 : random.below((1000 * total) / RATE / KILLS));
      ids.add(lines[0]);
      expect(lines, 'killed before the end').to.have.lengthOf(1);
      left.push(staleRows(dataDir));
    }
    expect(left.at(-1)).to.be.greaterThan(0);
    const [last, json = ''] = await work(dataDir, undefined);
    expect([...ids]).to.deep.equal([last]);
    const outcome = JSON.parse(json) as JobOutcome;
    expect(outcome).to.deep.include({rotated: KEYSTORES, remaining: []});
    expect(outcome.rewrapped).to.be.greaterThan(0).and.at.most(total);
    expect(staleRows(dataDir)).to.equal(0);
    expect(keyVersions(dataDir)).to.deep.equal({...before, newest: before.newest + 1});
    expect(await populating.useEveryKey()).to.equal(KEYSTORES * KEYS);
  });
});
