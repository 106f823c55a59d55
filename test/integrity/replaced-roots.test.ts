import {randomBytes} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {fingerprint} from '../../lib/sealing/wrappers/local-root-wrapper.ts';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {keysThatDoNotSign, populate} from '../demonstrations/population.ts';
import {adminCommand} from '../support/admin-command.ts';
import {editDatabase} from './database-fixture.ts';

describe('a store whose root somebody replaces by theirs while no server runs', function () {
  this.timeout(60_000);

  it('is not served: no key is made that they can open; with the right one back, it is', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'webkms-replaced-'));
    const secret = randomBytes(32);
    const theirs = join(dataDir, 'theirs.key');
    await writeFile(theirs, `${secret.toString('base64url')}\n`, {mode: 0o600});
    const port = await freePort();
    const environment = {WEBKMS_ROOT_WRAPPER: `file:${join(dataDir, 'root.key')}`};
    const start = () => ServerProcess.start({dataDir, port, environment});
    const at = (process: ServerProcess) => ({port, ca: process.ca, baseUrl: process.url});
    let server = await start();
    try {
      const [keystore] = await populate(at(server), {keystores: 1, keysPerKeystore: 2});
      await server.stop();
      const right = readRoot(dataDir);
      const list = ({uri, wrapper_key_id: keyId}: RootRow): void =>
        editDatabase(dataDir, `UPDATE root_wrapper SET uri = '${uri}', wrapper_key_id = '${keyId}'`);
      list({uri: `file:${theirs}`, wrapper_key_id: fingerprint('file', secret)});
      const failure = await start().then(
        (process) => process.kill().then(() => 'it started'),
        (error: unknown) => String(error),
      );
      expect(failure).to.include('opens none of the keys in the store');
      const check = await adminCommand(['check'], {dataDir, environment});
      expect(check.status).to.equal(1);
      expect(check.out).to.include(keystore?.id);

      list(right);
      server = await start();
      expect(await keysThatDoNotSign(at(server), keystore?.keys ?? [])).to.deep.equal([]);
    } finally {
      await server.stop();
      await rm(dataDir, {recursive: true, force: true});
    }
  });
});

interface RootRow {
  readonly uri: string;
  readonly wrapper_key_id: string;
}

function readRoot(dataDir: string): RootRow {
  const db = new Database(join(dataDir, 'webkms.db'), {readonly: true});
  const row = db.prepare<[], RootRow>('SELECT uri, wrapper_key_id FROM root_wrapper').get();
  db.close();
  if (!row) throw new Error('There is no root.');
  return row;
}
