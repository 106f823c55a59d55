import {readFileSync, readlinkSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {openStores} from '../../lib/open-stores.ts';
import {generating, inParallel, populate, signing} from '../demonstrations/population.ts';
import {admin} from '../support/admin-command.ts';
import {RawClient} from '../support/raw-client.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {send} from '../support/signed-request.ts';
import {describeOnEachBackend} from './each-backend.ts';
import {keyProcessesOf, keyProcessOf} from './key-process-of.ts';

describeOnEachBackend('keys in a process of their own, on', ({databases, atOnce, storage}) => {
  let server: TestServer;
  let environment: Readonly<Record<string, string>>;

  beforeEach(async function () {
    this.timeout(180_000);
    environment = {WEBKMS_ISOLATION: 'process', WEBKMS_STORAGE_TIMEOUT: '1s', ...(await storage())};
    server = await runServer({environment});
  });
  afterEach(() => server.stop());

  const keys = async (keysPerKeystore: number): Promise<readonly string[]> => {
    const [keystore] = await populate(server, {keystores: 1, keysPerKeystore, connections: atOnce});
    return keystore?.keys ?? [];
  };

  const statusOf = async (url: string): Promise<number> => (await send(server, signing(url))).status;

  /** Until it is answered otherwise than by 503, for twenty seconds. */
  const eventually = async (url: string): Promise<number> => {
    for (let i = 0; ; i++) {
      const status = await statusOf(url);
      if (status !== 503 || i === 200) return status;
      await sleep(100);
    }
  };

  /** Signs on several connections, and generates on `generators`, while `meanwhile` goes on. @returns what was made, and all statuses */
  const underLoad = async (
    signers: readonly string[],
    meanwhile: () => Promise<void>,
    {generators = Math.min(atOnce, 3)}: {readonly generators?: number} = {},
  ): Promise<{made: readonly string[]; statuses: ReadonlySet<number>}> => {
    const [keystore = ''] = signers[0]?.split('/keys/') ?? [];
    const made: string[] = [];
    const statuses = new Set<number>();
    const ended = new AbortController();
    const load = async (next: (i: number) => ReturnType<typeof signing>): Promise<void> => {
      const client = new RawClient(server);
      for (let i = 0; !ended.signal.aborted; i++) {
        const {status, headers} = await client.send(next(i));
        statuses.add(status);
        if (status === 200 && headers['location'] !== undefined) made.push(headers['location']);
        if (status !== 200) await sleep(5);
      }
      client.close();
    };
    const running = Promise.all([
      ...Array.from({length: Math.min(2 * atOnce, 6)}, () =>
        load((i) => signing(signers[i % signers.length] ?? '')),
      ),
      ...Array.from({length: generators}, () => load(() => generating(keystore))),
    ]);
    try {
      await meanwhile();
    } finally {
      ended.abort();
      await running;
    }
    return {made, statuses};
  };

  const expectAllSign = async (urls: readonly string[]): Promise<void> => {
    const clients = Array.from({length: 4}, () => new RawClient(server));
    await inParallel(clients, urls.length, async (client, i) => {
      expect((await client.send(signing(urls[i] ?? ''))).status, urls[i]).to.equal(200);
    });
    for (const client of clients) client.close();
  };

  it('kill -9 of the key process under load, again and again: 503, then all as before, and every key that was told of', async function () {
    this.timeout(180_000);
    const signers = await keys(4);
    let pid = await keyProcessOf(process.pid);
    const {made, statuses} = await underLoad(signers, async () => {
      for (let kill = 0; kill < (atOnce > 1 ? 4 : 2); kill++) {
        await sleep(300 + 70 * kill);
        process.kill(pid, 'SIGKILL');
        pid = await keyProcessOf(process.pid, pid);
        expect(await eventually(signers[0] ?? '')).to.equal(200);
      }
      await sleep(300);
    });
    expect([...statuses].sort()).to.deep.equal([200, 503]);
    expect(made).to.have.lengthOf.above(3);
    await expectAllSign([...signers, ...made]);
    expect(keyProcessesOf(process.pid)).to.deep.equal([pid]);
    expect(await admin(['check'], {dataDir: server.dataDir, environment})).to.contain('as it was written');
  });

  it('rotates, seals anew and prunes under load, also where the key process is killed in between', async function () {
    this.timeout(180_000);
    const signers = await keys(10);
    const {dataDir} = server;
    const rotate = async () => {
      await admin(['rotate', '--all', '--rewrap', '--prune'], {dataDir, environment});
      const before = await keyProcessOf(process.pid);
      const command = admin(['rotate', '--all', '--rewrap', '--prune'], {dataDir, environment}).catch(
        () => undefined,
      );
      await sleep(150);
      process.kill(before, 'SIGKILL');
      await command;
      expect(await eventually(signers[0] ?? '')).to.equal(200);
      while ('unfinished' in (JSON.parse(await jobs()) as object)) await sleep(100);
    };
    // Where one change is made at a time, those of the rotation are.
    const generators = atOnce > 1 ? 3 : 0;
    const {made, statuses} = await underLoad(signers, rotate, {generators});
    for (const status of statuses) expect(status).to.be.oneOf([200, 503]);
    await expectAllSign([...signers, ...made]);
    expect(await admin(['check'], {dataDir, environment})).to.contain('as it was written');
  });

  const jobs = async (): Promise<string> => {
    for (let i = 0; ; i++) {
      try {
        return await admin(['jobs', '--json'], {dataDir: server.dataDir, environment});
      } catch (error) {
        if (i === 50) throw error;
        await sleep(100);
      }
    }
  };

  if (!databases) return;

  it('has the database in one process, and no network in the other', async function () {
    const pid = await keyProcessOf(process.pid);
    await keys(2);
    const portOf = (n: number): string => n.toString(16).toUpperCase().padStart(4, '0');
    const tcp = (process: number): string =>
      ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${process}/net/${name}`, 'latin1')).join('');
    expect(tcp(process.pid)).to.contain(`:${portOf(databases.port)}`);
    if (readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync(`/proc/${process.pid}/ns/net`)) {
      console.log('    this system gives it no network of its own');
      return this.skip();
    }
    expect(tcp(pid)).not.to.match(/:[0-9A-F]{4} /);
    // Nor does it know where the database is, or how to get in.
    const known =
      readFileSync(`/proc/${pid}/environ`, 'latin1') + readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    expect(known).not.to.contain(String(databases.port));
    expect(known).not.to.match(/mongodb|postgres/);
  });

  it('nothing but 503 while the database is down, also where the key process dies meanwhile; then all as before', async function () {
    this.timeout(180_000);
    const signers = await keys(4);
    const {made, statuses} = await underLoad(signers, async () => {
      await sleep(300);
      await databases.halt();
      try {
        await sleep(300);
        for (const url of signers) expect(await statusOf(url)).to.equal(503);
        process.kill(await keyProcessOf(process.pid), 'SIGKILL');
        await sleep(700);
        expect(await statusOf(signers[0] ?? '')).to.equal(503);
      } finally {
        await databases.resume();
      }
      expect(await eventually(signers[0] ?? '')).to.equal(200);
      await sleep(300);
    });
    expect([...statuses].sort()).to.deep.equal([200, 503]);
    await expectAllSign([...signers, ...made]);
    expect(keyProcessesOf(process.pid)).to.have.length(1);
  });

  // What follows is the same whatever the database is, and takes long.
  if (atOnce === 1) return;

  it('is sealed once the store has been moved away, and does not begin on it again', async function () {
    this.timeout(180_000);
    const [url = ''] = await keys(1);
    expect(await statusOf(url)).to.equal(200);
    const stores = await openStores(loadSettings({environment}), {
      log: {warn: () => undefined, info: () => undefined},
    });
    try {
      const mark = {state: 'moved', moveId: 'mv_1', other: 'sqlite:/elsewhere', since: 0} as const;
      await stores.transfer?.replaceMark(mark, await stores.transfer.readMark());
    } finally {
      await stores.close();
    }
    // Until it next says that it uses the store.
    for (let i = 0; i < 200 && (await statusOf(url)) === 200; i++) await sleep(100);
    expect(await statusOf(url)).to.equal(503);
    const pid = await keyProcessOf(process.pid);
    process.kill(pid, 'SIGKILL');
    await sleep(2000);
    expect(await statusOf(url)).to.equal(503);
  });
});
