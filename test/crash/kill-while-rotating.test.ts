import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {keyVersions, staleRows} from '../demonstrations/key-versions.ts';
import {keysThatDoNotSign, populate} from '../demonstrations/population.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {Random} from '../support/random.ts';
import {freePort} from './free-port.ts';
import {ServerProcess} from './server-process.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const KILLS = 5;
const SEED = Number(process.env['WEBKMS_TEST_SEED'] ?? 20_261_122);
const [KEYSTORES, KEYS] = LONG ? [100, 100] : [12, 15];

describe('kill -9 of a rotation', function () {
  this.timeout(LONG ? 900_000 : 180_000);

  it(`${KILLS} times: it resumes, no record is under an old version, every key signs (seed ${SEED})`, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'webkms-rotate-'));
    const port = await freePort();
    // Slowly, so that there is something to be killed.
    const environment = {
      WEBKMS_MAX_KEYSTORES_PER_CREATOR: '1000',
      WEBKMS_REWRAP_RATE: LONG ? '400' : '40',
    };
    const start = () => ServerProcess.start({dataDir, port, environment});
    const random = new Random(SEED);
    let server = await start();
    try {
      const at = (process: ServerProcess) => ({port, ca: process.ca, baseUrl: process.url});
      const made = await populate(at(server), {keystores: KEYSTORES, keysPerKeystore: KEYS});
      const keys = made.flatMap((keystore) => keystore.keys);
      const before = keyVersions(dataDir);
      const command = adminCommand(['rotate', '--all', '--rewrap', '--prune'], {dataDir});
      // Where the server were killed before the command had found it, the command would do the work itself.
      const unfinished = async (): Promise<boolean> =>
        'unfinished' in (JSON.parse(await admin(['jobs', '--json'], {dataDir})) as object);
      while (!(await unfinished())) await sleep(20);
      const staleAtKill: number[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(300 + random.below(LONG ? 4000 : 600));
        await server.kill();
        staleAtKill.push(staleRows(dataDir));
        server = await start();
      }
      expect((await command).status, 'the command whose server was killed').to.equal(1);
      console.log(`    rows under old versions at the kills: ${staleAtKill.join(', ')}`);
      // The kills met the work, not its end.
      expect(staleAtKill.at(-1)).to.be.greaterThan(0);
      while (await unfinished()) await sleep(200);
      expect(staleRows(dataDir)).to.equal(0);
      const after = keyVersions(dataDir);
      expect(after.newest, 'rotated once, not once per start').to.equal(before.newest + 1);
      expect(after.rootKeyVersions).to.equal(before.rootKeyVersions);
      expect(after.dataKeyVersions).to.equal(before.dataKeyVersions);
      expect(await keysThatDoNotSign(at(server), keys)).to.deep.equal([]);
      expect((await adminCommand(['check'], {dataDir})).status).to.equal(0);
    } finally {
      await server.stop();
      await rm(dataDir, {recursive: true, force: true});
    }
  });
});
