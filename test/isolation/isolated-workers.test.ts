import {readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {ShamirWrapper} from '../../lib/sealing/wrappers/shamir-wrapper.ts';
import {keysThatDoNotSign, populate} from '../demonstrations/population.ts';
import {isRunning, killProcess} from '../processes/workers-server.ts';
import {controller} from '../support/did-key.ts';
import {IsolatedWorkers, Tally, title} from './isolated-workers-scene.ts';

const owner = controller('isolated workers: owner');
const {signer: invocationSigner} = owner;
const SHARES = {WEBKMS_ROOT_WRAPPER: 'shamir:2-of-3'};

describe('a server of two workers, whose keys are in processes of their own', function () {
  // Each starts a server or two, of five processes each.
  this.timeout(180_000);
  let scene: IsolatedWorkers;
  afterEach(() => scene.server.remove());

  const oneKey = async (): Promise<string> => {
    const [keystore] = await populate(scene.population, {keystores: 1, keysPerKeystore: 1});
    return keystore?.keys[0] ?? '';
  };
  const init = async (): Promise<readonly string[]> => {
    const {out} = await scene.server.admin(['init', '--json']);
    return (JSON.parse(out) as {shares: string[]}).shares;
  };
  /** Puts another fingerprint into the database. @returns that before */
  const listRoot = (fingerprint: string): string => {
    const database = new Database(join(scene.server.dataDir, 'webkms.db'));
    const triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'root_wrapper'";
    for (const name of database.prepare(triggers).pluck().all())
      database.exec(`DROP TRIGGER "${String(name)}"`);
    const before = database.prepare('SELECT wrapper_key_id FROM root_wrapper').pluck().get() as string;
    database.prepare('UPDATE root_wrapper SET wrapper_key_id = ?').run(fingerprint);
    database.close();
    return before;
  };
  const killKeys = async (number: number): Promise<void> => {
    const before = scene.keyProcess(number);
    killProcess(before);
    await scene.another(number, before);
  };

  it('has a key process for each, the primary’s child; one root key is made; official clients; no process is left', async () => {
    scene = await IsolatedWorkers.start();
    const {server} = scene;
    const all = [server.pid, ...server.workers, ...scene.keyProcesses];
    expect(all.map(title).sort()).to.deep.equal([
      'webkms keys 1',
      'webkms keys 2',
      'webkms primary',
      'webkms worker 1',
      'webkms worker 2',
    ]);
    expect(server.out.split('root.key, made just now')).to.have.lengthOf(2);
    expect(server.out).to.include('keys: for each worker in a process of their own');
    for (const agent of (await scene.agents()).values()) {
      const clients = server.clients(agent);
      const {kms, keyId} = await clients.createKey(owner);
      expect(await kms.sign({keyId, data: Buffer.from('data'), invocationSigner})).to.have.length(64);
      const keystores = await clients.createKeystore(owner);
      expect(keystores.id).to.include(server.url);
    }
    expect(await scene.sign(await oneKey())).to.deep.equal([200, 200]);
    expect((await server.get('/health/ready')).status).to.equal(200);
    server.child.kill('SIGTERM');
    expect(await server.exited).to.deep.equal([0, null]);
    expect(all.filter(isRunning)).to.deep.equal([]);
  });

  it('is unsealed as a whole by shares, and sealed; a key process that dies gets its root from the other one', async () => {
    scene = await IsolatedWorkers.start({environment: SHARES});
    const {server} = scene;
    const shares = await init();
    expect(await scene.sealed()).to.deep.equal([true, true]);
    await scene.unseal(shares.slice(0, 1));
    expect(await scene.sealed()).to.deep.equal([true, true]);
    await scene.unseal(shares.slice(1, 2));
    expect(await scene.sealed()).to.deep.equal([false, false]);
    const url = await oneKey();
    expect(await scene.sign(url)).to.deep.equal([200, 200]);

    await killKeys(1);
    await killKeys(2);
    expect(await scene.sealed()).to.deep.equal([false, false]);
    expect(await scene.sign(url)).to.deep.equal([200, 200]);
    killProcess(scene.worker(1));
    await server.said('a worker listens');
    expect(await scene.sealed()).to.deep.equal([false, false]);
    server.child.kill('SIGHUP');
    await server.said('all workers are new');
    await server.until(() => scene.keyProcesses.length === 2);
    expect(await scene.sign(url)).to.deep.equal([200, 200]);

    expect((await server.admin(['seal'])).status).to.equal(0);
    expect(await scene.sealed()).to.deep.equal([true, true]);
    expect(await scene.sign(url)).to.deep.equal([503, 503]);
    const [number = 0] = await scene.numbers();
    await killKeys(number);
    expect(await scene.sealed()).to.deep.equal([true, true]);
    expect(await scene.sign(url)).to.deep.equal([503, 503]);
    await scene.unseal(shares.slice(1, 3));
    expect(await scene.sealed()).to.deep.equal([false, false]);
    expect(await scene.sign(url)).to.deep.equal([200, 200]);
    for (const share of shares) expect(server.out + server.err).not.to.include(share);
  });

  it('needs the shares again where all key processes die at once', async () => {
    scene = await IsolatedWorkers.start({environment: SHARES});
    const shares = await init();
    await scene.unseal(shares.slice(0, 2));
    const url = await oneKey();
    const before = [scene.keyProcess(1), scene.keyProcess(2)];
    for (const pid of before) killProcess(pid);
    await scene.another(1, before[0] ?? 0);
    await scene.another(2, before[1] ?? 0);
    expect(await scene.sealed()).to.deep.equal([true, true]);
    // Of a store that lies meanwhile none opens another root.
    const foreign = await ShamirWrapper.split(SHARES.WEBKMS_ROOT_WRAPPER);
    const real = listRoot(foreign.wrapper.keyId);
    await scene.unseal(foreign.shares.slice(0, 2));
    expect(await scene.sealed()).to.deep.equal([true, true]);
    const {server} = scene;
    await server.until(() => server.err.includes('Nothing shows that the server has put'));
    listRoot(real);
    await scene.unseal(shares.slice(0, 2));
    expect(await scene.sealed()).to.deep.equal([false, false]);
    expect(await scene.sign(url)).to.deep.equal([200, 200]);
  });

  it('answers 503 by the worker alone whose key process was killed, under load, until it has another', async () => {
    scene = await IsolatedWorkers.start();
    const url = await oneKey();
    const tallies = [new Tally(), new Tally()] as const;
    // One after the other: the workers get connections in turn.
    const clients = [await scene.clientsOf(1, 3), await scene.clientsOf(2, 3)] as const;
    const asking = tallies.flatMap((tally, i) => (clients[i] ?? []).map((client) => tally.ask(client, url)));
    await scene.server.until(() => tallies.every(({counts}) => (counts.get(200) ?? 0) > 50));
    for (let round = 0; round < 3; round++) await killKeys(1);
    const after = tallies[0].counts.get(200) ?? 0;
    await scene.server.until(() => (tallies[0].counts.get(200) ?? 0) > after + 50);
    for (const tally of tallies) tally.stop();
    await Promise.all(asking);
    expect(tallies[0].statuses).to.deep.equal([200, 503]);
    expect(tallies[1].statuses).to.deep.equal([200]);
    expect(scene.keyProcesses).to.have.length(2);
    expect(await scene.sign(url)).to.deep.equal([200, 200]);
  });

  it('replaces a worker that was killed under load, and its key process; what was answered is kept', async () => {
    scene = await IsolatedWorkers.start();
    const url = await oneKey();
    const [worker, keys] = [scene.worker(1), scene.keyProcess(1)];
    const tally = new Tally();
    const asking = (await scene.clientsOf(2, 3)).map((client) => tally.ask(client, url));
    const made: string[] = [];
    const making = Promise.allSettled(
      Array.from({length: 8}, async () => {
        for (let i = 0; i < 5; i++) made.push(await oneKey());
      }),
    );
    await scene.server.until(() => made.length > 5);
    killProcess(worker);
    await scene.server.said('a worker listens');
    // Node closes no connection that was just being given to the worker: nobody waits for that.
    await Promise.race([making, sleep(10_000)]);
    const answered = [...made];
    tally.stop();
    await Promise.all(asking);
    expect(tally.statuses).to.deep.equal([200]);
    await scene.server.until(() => !isRunning(keys));
    expect(scene.keyProcesses).to.have.length(2);
    expect(await keysThatDoNotSign(scene.population, answered)).to.deep.equal([]);
    expect(await scene.sign(url)).to.deep.equal([200, 200]);
  });

  it('ends as a whole where the primary is killed under load; the next server has all that was answered', async () => {
    scene = await IsolatedWorkers.start();
    const {server} = scene;
    const all = [...server.workers, ...scene.keyProcesses];
    const made: string[] = [];
    const making = Promise.allSettled(
      Array.from({length: 8}, async () => {
        for (;;) made.push(await oneKey());
      }),
    );
    await server.until(() => made.length > 5);
    process.kill(server.pid, 'SIGKILL');
    await making;
    const next = await IsolatedWorkers.start({dir: server.dir, port: server.port});
    await server.until(() => !all.some(isRunning));
    const failing = await keysThatDoNotSign(next.population, made);
    await next.server.remove();
    expect(failing).to.deep.equal([]);
  });

  it('ends, too, where a key process does nothing any more, and leaves nobody', async () => {
    scene = await IsolatedWorkers.start();
    const {server} = scene;
    const all = [...server.workers, ...scene.keyProcesses];
    process.kill(scene.keyProcess(1), 'SIGSTOP');
    server.child.kill('SIGTERM');
    expect(await server.exited).to.deep.equal([0, null]);
    expect(all.filter(isRunning)).to.deep.equal([]);
  });

  it('rotates, and retires a root, in all of them', async () => {
    scene = await IsolatedWorkers.start();
    const url = await oneKey();
    const first = scene.server;
    first.child.kill('SIGTERM');
    await first.exited;
    const other = `file:${join(first.dataDir, 'other.key')}`;
    const added = await first.admin(['root', 'add', other]);
    expect(added.status, added.err).to.equal(0);

    // The settings say what key processes may reach.
    const environment = {WEBKMS_OTHER_ROOT_WRAPPERS: other};
    scene = await IsolatedWorkers.start({dir: first.dir, port: first.port, environment});
    expect((await scene.server.admin(['rotate', '--all', '--rewrap', '--prune'])).status).to.equal(0);
    const {out} = await scene.server.admin(['root', 'list', '--json']);
    const {roots} = JSON.parse(out) as {roots: {id: string; uri: string}[]};
    const id = roots.find(({uri}) => uri !== other)?.id ?? '';
    const retired = await scene.server.admin(['root', 'retire', id, '--yes']);
    expect(retired.status, retired.err).to.equal(0);
    rmSync(join(first.dataDir, 'root.key'));
    expect(readFileSync(join(first.dataDir, 'other.key'))).not.to.have.length(0);
    expect(await scene.sealed()).to.deep.equal([false, false]);
    for (const number of [1, 2]) await killKeys(number);
    expect(await scene.sealed()).to.deep.equal([false, false]);
    expect(await scene.sign(url)).to.deep.equal([200, 200]);
    await Promise.all([1, 2].map(killKeys));
    expect(await scene.sealed()).to.deep.equal([false, false]);
  });
});
