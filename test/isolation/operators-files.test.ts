import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {OWNER, keysThatDoNotSign, populate, type PopulatedKeystore} from '../demonstrations/population.ts';
import {editDatabase} from '../integrity/database-fixture.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {send, signedRequest} from '../support/signed-request.ts';
import {keyProcessOf} from './key-process-of.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));

describe('files of operators’ commands, where keys are in a process of their own', function () {
  this.timeout(120_000);
  let server: TestServer;
  let directory: string;
  let keystore: PopulatedKeystore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-operators-'));
    server = await runServer({environment: {WEBKMS_ISOLATION: 'process'}});
    const [made] = await populate(server, {keystores: 1, keysPerKeystore: 3});
    if (!made) throw new Error('Nothing was made.');
    keystore = made;
  });
  afterEach(async () => {
    await server.stop();
    await rm(directory, {recursive: true, force: true});
  });

  const command = (...args: readonly string[]) => adminCommand(args, {dataDir: server.dataDir});

  /** As somebody has it who can write to the file. */
  const database = (work: (db: Database.Database) => void): void => {
    const db = new Database(join(server.dataDir, 'webkms.db'));
    try {
      work(db);
    } finally {
      db.close();
    }
  };

  const restrict = async (ipAllowList: readonly string[], sequence: number): Promise<void> => {
    const {id} = keystore;
    const current = await send(server, signedRequest({url: id, action: 'read', signer: OWNER}));
    const json = {...(current.json as object), sequence, ipAllowList};
    const {status, text} = await send(server, signedRequest({url: id, json, action: 'write', signer: OWNER}));
    expect(status, text).to.equal(200);
  };

  /** Of somebody who can write to the database, and has kept what was there. */
  const rollBack = (): void => {
    const {id} = keystore;
    editDatabase(
      server.dataDir,
      `UPDATE keystore SET ip_allow_list = NULL, (sequence, controller, mac, mac_key_version) =
         (SELECT sequence, controller, mac, mac_key_version FROM older) WHERE id = '${id}';`,
    );
  };

  it('a backup is private, replaces nothing, and is not made of a server that is sealed', async () => {
    const file = join(directory, 'backup');
    expect((await command('backup', file)).status).to.equal(0);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    const bytes = await readFile(file);
    expect(bytes.includes('SQLite format') || bytes.includes(keystore.id)).to.equal(false);
    const again = await command('backup', file);
    expect(again.status).to.equal(1);
    expect(again.err).to.contain('Nothing is overwritten');
    expect(await readFile(file)).to.deep.equal(bytes);
    const nowhere = await command('backup', join(directory, 'no', 'such', 'place'));
    expect(nowhere.err).to.match(/cannot be written to .*ENOENT/);
    await command('seal');
    expect((await command('backup', join(directory, 'sealed'))).err).to.contain('sealed');
    expect(await readdir(directory)).to.deep.equal(['backup']);
  });

  it('an anchor finds a keystore that was put back, and nothing where none was', async () => {
    const anchor = join(directory, 'anchor');
    database((db) => {
      const row = 'SELECT sequence, controller, mac, mac_key_version FROM keystore';
      db.exec(`CREATE TABLE older AS ${row} WHERE id = '${keystore.id}'`);
    });
    await restrict(['127.0.0.1/32', '::1/128'], 1);
    await writeFile(anchor, await admin(['anchor'], {dataDir: server.dataDir}));
    const before = await command('check', '--anchor', anchor);
    expect(before.out).not.to.match(/error (?:keystore|anchor)/);

    rollBack();
    expect((await command('check')).out).not.to.match(/error keystore/);
    const {status, out} = await command('check', '--anchor', anchor);
    expect(status).to.equal(1);
    expect(out).to.contain(`error keystore ${keystore.id}: It was put back`);
  });

  it('an anchor that is none, was cut off or cannot be read is refused', async () => {
    const whole = await admin(['anchor'], {dataDir: server.dataDir});
    const cut = whole.split('\n').slice(0, -2).join('\n');
    for (const [name, text, said] of [
      ['other', 'something\nelse\n', 'not an anchor'],
      ['cut', `${cut}\n`, 'not whole'],
      ['unended', whole.trimEnd(), 'does not end'],
      ['long', 'x'.repeat(300_000), 'not an anchor'],
      ['edited', whole.replace('"sequence":0', '"sequence":9'), 'not as the server wrote it'],
    ] as const) {
      await writeFile(join(directory, name), text);
      const {status, out} = await command('check', '--anchor', join(directory, name));
      expect(status, name).to.equal(1);
      expect(out, name).to.match(new RegExp(`^error anchor: .*${said}`, 'm'));
    }
    const none = await command('check', '--anchor', join(directory, 'none'));
    expect(none.err).to.match(/cannot be read by the server's user \(ENOENT\)/);
  });

  it('a backup whose key process is killed says so and leaves nothing, and the next is whole', async () => {
    database((db) => {
      db.exec('CREATE TABLE weight (b BLOB)');
      const insert = db.prepare('INSERT INTO weight VALUES (randomblob(1000000))');
      for (let i = 0; i < 64; i++) insert.run();
    });
    const file = join(directory, 'backup');
    const before = await keyProcessOf(process.pid);
    const {status, err} = await killedWhileSealing(file, before);
    expect(status).to.equal(1);
    expect(err).to.match(/key process is not there.* nothing is left of it/);
    expect(await readdir(directory)).to.deep.equal([]);
    expect((await readdir(server.dataDir)).filter((name) => name.includes('draft'))).to.deep.equal([]);

    await keyProcessOf(process.pid, before);
    while ((await keysThatDoNotSign(server, keystore.keys)).length > 0);
    const next = await command('backup', file);
    expect(next.out).to.contain(`Written: ${file}`);
    expect((await stat(file)).size).to.be.greaterThan(64_000_000);
  });

  async function killedWhileSealing(
    file: string,
    pid: number,
  ): Promise<{readonly status: number | null; readonly err: string}> {
    const child = spawn(process.execPath, [LAUNCHER, 'admin', 'backup', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {PATH: process.env['PATH'], WEBKMS_DATA_DIR: server.dataDir},
    });
    let err = '';
    let killed = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      if (killed || !/sealing: [1-9]/.test(err)) return;
      killed = true;
      process.kill(pid, 'SIGKILL');
    });
    const [status] = (await once(child, 'close')) as [number | null];
    expect(killed, err).to.equal(true);
    return {status, err};
  }
});
