import {copyFile, mkdtemp, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {RawClient} from '../support/signed-request.ts';
import {generating, keysThatDoNotSign, populate} from './population.ts';
import {SigningLoad} from './signing-load.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const [KEYSTORES, KEYS] = LONG ? [50, 100] : [5, 20];

describe('backup under load', function () {
  this.timeout(LONG ? 600_000 : 120_000);

  for (const isolation of ['none', 'process'])
    it(`restored into an empty directory, every key that was there signs (isolation: ${isolation})`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'webkms-backup-'));
      const [dataDir, restored] = [join(directory, 'data'), join(directory, 'restored')];
      const port = await freePort();
      const isolated = {WEBKMS_ISOLATION: isolation};
      let server = await ServerProcess.start({dataDir, port, environment: isolated});
      const at = (process: ServerProcess) => ({port, ca: process.ca, baseUrl: process.url});
      let load: SigningLoad | undefined;
      try {
        const made = await populate(at(server), {keystores: KEYSTORES, keysPerKeystore: KEYS});
        const keys = made.flatMap((keystore) => keystore.keys);
        load = new SigningLoad({server: at(server), keys, rate: 50});

        // Writers go on while the backup is made.
        let writing = true;
        const clients = Array.from({length: 4}, () => new RawClient(at(server)));
        const written = Promise.all(
          clients.map(async (client, index) => {
            while (writing) {
              const {status} = await client.send(generating(made[index]?.id ?? ''));
              expect(status).to.equal(200);
            }
          }),
        );
        const file = join(directory, 'backup');
        const out = await admin(['backup', file], {dataDir});
        writing = false;
        await written;
        for (const client of clients) client.close();
        expect(out).to.contain(`file:${join(dataDir, 'root.key')}`);
        expect((await stat(file)).mode & 0o777).to.equal(0o600);
        const during = await load.phase('backup');
        await load.stop();
        expect(during.failures).to.deep.equal({});
        expect((await adminCommand(['backup', file], {dataDir})).status, 'nothing is overwritten').to.equal(
          1,
        );
        await server.stop();

        // A root that is not the backup's opens nothing.
        const environment = {WEBKMS_ROOT_WRAPPER: `file:${join(restored, 'root.key')}`};
        await copyFile(join(dataDir, 'root.key'), join(directory, 'kept.key'));
        await rm(dataDir, {recursive: true});
        const without = await adminCommand(['restore', file], {dataDir: restored, environment});
        expect(without.status).to.equal(1);
        const kept = {WEBKMS_ROOT_WRAPPER: `file:${join(directory, 'kept.key')}`};
        await admin(['restore', file], {dataDir: restored, environment: kept});
        server = await ServerProcess.start({
          ...{dataDir: restored, port},
          environment: {...kept, ...isolated},
        });
        expect(await keysThatDoNotSign(at(server), keys)).to.deep.equal([]);
        expect((await adminCommand(['check'], {dataDir: restored})).status).to.equal(0);
        const again = await adminCommand(['restore', file], {dataDir: restored, environment: kept});
        expect(again.status, 'a store that is there is not overwritten').to.equal(1);
      } finally {
        await load?.stop();
        await server.stop();
        await rm(directory, {recursive: true, force: true});
      }
    });
});
