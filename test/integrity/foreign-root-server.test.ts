import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {keysThatDoNotSign, populate} from '../demonstrations/population.ts';
import {formatArgon2Parameters, stretch} from '../../lib/sealing/wrappers/argon2-parameters.ts';
import {fingerprint} from '../../lib/sealing/wrappers/local-root-wrapper.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {editDatabase} from './database-fixture.ts';

const FORGER = 'rw_forger';

describe('a server whose database somebody writes to, who names a private file that they know', function () {
  this.timeout(60_000);

  it('seals nothing under that root, whether it runs or is started; its keys sign', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'webkms-forger-'));
    const known = join(dataDir, 'known');
    await writeFile(known, '00000000\n', {mode: 0o600});
    const port = await freePort();
    const start = () => ServerProcess.start({dataDir, port});
    const at = (process: ServerProcess) => ({port, ca: process.ca, baseUrl: process.url});
    const argon2 = {memoryKiB: 8, passes: 1, parallelism: 1, salt: new Uint8Array(16)};
    const wrapperKeyId = fingerprint('passphrase', await stretch(Buffer.from('00000000'), argon2));
    const insert = `INSERT INTO root_wrapper (id, uri, wrapper_key_id, parameters, created_at, state)
      VALUES ('${FORGER}', 'passphrase:file=${known}', '${wrapperKeyId}', '${formatArgon2Parameters(argon2)}', 0, 'adding')`;
    const sealedUnderIt = (): unknown => {
      const db = new Database(join(dataDir, 'webkms.db'), {readonly: true});
      const count = `SELECT count(*) FROM sealed_root_key_version s JOIN root_wrapper w ON w.position = s.root_wrapper
        WHERE w.id = '${FORGER}'`;
      try {
        return db.prepare(count).pluck().get();
      } finally {
        db.close();
      }
    };
    const failure = async (server: ServerProcess): Promise<string> => {
      const error: unknown = await populate(at(server), {keystores: 1, keysPerKeystore: 1}).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return String(error);
    };
    let server = await start();
    try {
      const [keystore] = await populate(at(server), {keystores: 1, keysPerKeystore: 2});
      const keys = keystore?.keys ?? [];
      editDatabase(dataDir, insert);
      // Longer than it takes to hear of it.
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect(await failure(server)).to.include('503');
      await server.stop();

      server = await start();
      expect(await failure(server)).to.include('503');
      expect(await keysThatDoNotSign(at(server), keys)).to.deep.equal([]);
      expect(sealedUnderIt()).to.equal(0);
      const listed = await admin(['root', 'list'], {dataDir});
      expect(listed).to.include('Nothing shows that the server has put the root of trust');
      const check = await adminCommand(['check'], {dataDir});
      expect(check.status).to.equal(1);
      expect(check.out).to.include(FORGER);

      await admin(['root', 'retire', FORGER, '--yes'], {dataDir});
      await populate(at(server), {keystores: 1, keysPerKeystore: 1});
    } finally {
      await server.stop();
      await rm(dataDir, {recursive: true, force: true});
    }
  });
});
