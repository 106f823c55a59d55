import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {inParallel, populate, signing} from '../demonstrations/population.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {RawClient} from '../support/raw-client.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {send} from '../support/signed-request.ts';
import {keyProcessesOf, keyProcessOf} from './key-process-of.ts';

const ISOLATED = {WEBKMS_ISOLATION: 'process'};

describe('a server whose keys are in a process of their own', function () {
  this.timeout(60_000);
  let server: TestServer;

  beforeEach(async () => {
    server = await runServer({environment: ISOLATED});
  });
  afterEach(() => server.stop());

  const keys = async (keysPerKeystore: number): Promise<readonly string[]> => {
    const [keystore] = await populate(server, {keystores: 1, keysPerKeystore});
    return keystore?.keys ?? [];
  };

  const signs = async (url: string): Promise<number> => (await send(server, signing(url))).status;

  /** Until it is answered otherwise than by 503, for ten seconds. */
  const eventually = async (url: string): Promise<number> => {
    for (let i = 0; ; i++) {
      const status = await signs(url);
      if (status !== 503 || i === 100) return status;
      await sleep(100);
    }
  };

  it('answers 503 while the key process is gone, which is begun again, and nothing is lost', async () => {
    const urls = await keys(4);
    const before = await keyProcessOf(process.pid);
    const statuses = new Map<number, number>();
    const clients = Array.from({length: 8}, () => new RawClient(server));
    let killed = 0;
    try {
      await inParallel(clients, 1200, async (client, i) => {
        if (i === 300) process.kill((killed = before), 'SIGKILL');
        const {status} = await client.send(signing(urls[i % urls.length] ?? ''));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 503) await sleep(10);
      });
    } finally {
      for (const client of clients) client.close();
    }
    expect(killed).to.equal(before);
    expect([...statuses.keys()].sort()).to.deep.equal([200, 503]);
    for (const url of urls) expect(await eventually(url)).to.equal(200);
    expect(await keyProcessOf(process.pid, before)).not.to.equal(before);
    expect(keyProcessesOf(process.pid)).to.have.length(1);
  });

  it('keeps every key that was told of, however often the key process dies while keys are made', async () => {
    const kept: string[] = [];
    for (let round = 0; round < 3; round++) {
      const pid = await keyProcessOf(process.pid);
      const made = Promise.allSettled(Array.from({length: 12}, () => keys(1)));
      await sleep(30 * round);
      process.kill(pid, 'SIGKILL');
      for (const outcome of await made) if (outcome.status === 'fulfilled') kept.push(...outcome.value);
      await keyProcessOf(process.pid, pid);
    }
    const last = await (async () => {
      for (;;) {
        try {
          return await keys(1);
        } catch {
          await sleep(100);
        }
      }
    })();
    for (const url of [...kept, ...last]) expect(await eventually(url)).to.equal(200);
  });

  it('obeys operators, whose commands the key process runs', async () => {
    const [url = ''] = await keys(1);
    const {dataDir} = server;
    expect(await admin(['status'], {dataDir})).to.contain('root.key');
    await admin(['rotate', '--all', '--rewrap'], {dataDir});
    expect(await signs(url)).to.equal(200);
    expect(await admin(['check'], {dataDir})).not.to.contain('error');
    expect(await admin(['anchor'], {dataDir})).to.contain('\n');
    const unknown = await adminCommand(['root', 'retire', 'rw_unknown', '--yes'], {dataDir});
    expect(unknown.status).to.equal(1);
  });

  it('refuses operators what the key process cannot reach, and says what to do', async () => {
    const {dataDir} = server;
    for (const args of [
      ['root', 'add', `file:${join(dataDir, 'other.key')}`],
      ['root', 'add', 'passphrase:prompt'],
    ]) {
      const {status, err} = await adminCommand(args, {dataDir, input: 'a long passphrase\n'.repeat(2)});
      expect(status, args[0]).to.equal(1);
      expect(err, args[0]).to.contain('while the server is stopped');
    }
  });

  it('stays sealed where an operator has sealed it and the key process dies', async () => {
    const [url = ''] = await keys(1);
    const {dataDir} = server;
    await admin(['seal'], {dataDir});
    expect(await signs(url)).to.equal(503);
    const before = await keyProcessOf(process.pid);
    process.kill(before, 'SIGKILL');
    await keyProcessOf(process.pid, before);
    while (!(await admin(['status'], {dataDir}).catch(() => ''))) await sleep(100);
    expect(await admin(['status'], {dataDir})).to.match(/sealed/i);
    expect(await signs(url)).to.equal(503);
    await admin(['unseal'], {dataDir});
    expect(await eventually(url)).to.equal(200);
  });

  it('says that it is not ready while the key process is gone', async () => {
    const pid = await keyProcessOf(process.pid);
    const ready = async (): Promise<number> =>
      (await send(server, {method: 'GET', target: '/health/ready', headers: [['host', server.host]]})).status;
    expect(await ready()).to.equal(200);
    process.kill(pid, 'SIGSTOP');
    await sleep(1100);
    expect(await ready()).to.equal(503);
    process.kill(pid, 'SIGCONT');
    for (let i = 0; i < 50 && (await ready()) !== 200; i++) await sleep(100);
    expect(await ready()).to.equal(200);
  });

  it('has no process left when it has stopped', async () => {
    const pid = await keyProcessOf(process.pid);
    const other = await runServer({environment: ISOLATED});
    expect(keyProcessesOf(process.pid)).to.have.length(2);
    await other.stop();
    expect(keyProcessesOf(process.pid)).to.deep.equal([pid]);
    expect(existsSync(other.dataDir)).to.equal(false);
  });
});
