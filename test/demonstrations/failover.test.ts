import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {admin, adminCommand} from '../support/admin-command.ts';
import {needPostgres, PostgresServer} from '../support/postgres-server.ts';
import {RawClient, send} from '../support/raw-client.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {MixedLoad, type Answer} from './mixed-load.ts';
import {generating, keysThatDoNotSign, populate, signing} from './population.ts';

const STANDBY = 'standby';
const LOAD_MS = 1000;

describe('PostgreSQL: a primary that is killed, and a standby in its place', function () {
  this.timeout(120_000);
  let primary: PostgresServer;
  let standby: PostgresServer;
  let server: TestServer;
  /** Names both servers. */
  let url: string;

  before(function () {
    needPostgres(this);
  });
  beforeEach(async () => {
    primary = await PostgresServer.start();
    const database = await primary.createDatabase();
    standby = await primary.startStandby(STANDBY);
    // The standby first: it is a server that takes no writes.
    url = database.replace('@', `@127.0.0.1:${standby.port},`);
    server = await runServer({environment: {WEBKMS_STORAGE: url, WEBKMS_STORAGE_TIMEOUT: '4s'}});
  });
  afterEach(async () => {
    await server.stop();
    for (const each of [standby, primary]) await each.stop();
  });

  /** From here on, commits are answered once the standby has them. */
  const waitForStandby = async (): Promise<void> => {
    await primary.query(`ALTER SYSTEM SET synchronous_standby_names = '${STANDBY}'`);
    await primary.query('SELECT pg_reload_conf()');
    await until(primary, `SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'`);
  };

  const untilReady = async (): Promise<void> => {
    while ((await send(server, READY)).status !== 200) await sleep(20);
  };

  it('nothing but 503 meanwhile, nothing of what was answered is lost, and the server goes on by itself', async () => {
    await waitForStandby();
    const keystores = await populate(server, {keystores: 2, keysPerKeystore: 5});
    const load = new MixedLoad(server, keystores);
    await sleep(LOAD_MS);
    await primary.halt('SIGKILL');
    const gone = performance.now();
    await sleep(LOAD_MS);
    const promoting = performance.now();
    await standby.query('SELECT pg_promote()');
    await untilReady();
    const back = performance.now();
    await sleep(LOAD_MS);
    await load.stop();

    const statuses = (from: number, to: number): ReadonlySet<number> =>
      new Set(between(load.answers, from, to).map(({status}) => status));
    expect(statuses(0, promoting)).to.deep.equal(new Set([200, 503]));
    expect(statuses(gone, promoting), 'while nobody takes writes').to.deep.equal(new Set([503]));
    expect(statuses(back, Infinity), 'afterwards').to.deep.equal(new Set([200]));
    const generated = load.answers
      .filter(({kind, status}) => kind === 'generate' && status === 200)
      .map(({headers}) => headers['location']!);
    expect(generated).to.have.lengthOf.above(1);
    expect(await keysThatDoNotSign(server, generated)).to.deep.equal([]);
  });

  it('an old primary that comes back is not taken for the new one', async () => {
    const [keystore] = await populate(server, {keystores: 1, keysPerKeystore: 1});
    await primary.halt('SIGKILL');
    await standby.query('SELECT pg_promote()');
    await untilReady();
    const client = new RawClient(server);
    const status = async (key: string): Promise<number> => (await client.send(signing(key))).status;
    try {
      const {headers} = await client.send(generating(keystore!.id));
      const key = headers['location']!;
      // It takes writes, and knows nothing of the key.
      await primary.resume();
      expect(await status(key)).to.equal(200);
      await standby.halt();
      for (let time = 0; time < 10; time++) expect(await status(key)).to.equal(503);
      await standby.resume();
      await untilReady();
      expect(await status(key)).to.equal(200);
    } finally {
      client.close();
    }
  });

  it('an anchor tells what a standby that had not all of it has lost', async () => {
    const [keystore] = await populate(server, {keystores: 1, keysPerKeystore: 2});
    const options = {dataDir: server.dataDir, environment: {WEBKMS_STORAGE: url}};
    // The first makes the key that authenticates anchors: without it the next would say less.
    await admin(['anchor'], options);
    await until(primary, `SELECT 1 FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()`);
    await standby.query(`ALTER SYSTEM SET primary_conninfo = ''`);
    await standby.query('SELECT pg_reload_conf()');
    await until(standby, 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver)');
    const client = new RawClient(server);
    const lost = await client.send(generating(keystore!.id));
    expect(lost.status).to.equal(200);
    const directory = await mkdtemp(join(tmpdir(), 'webkms-failover-'));
    try {
      const anchor = join(directory, 'anchor');
      await writeFile(anchor, await admin(['anchor'], options));
      const check = () => adminCommand(['check', '--anchor', anchor], options);
      expect(await check()).to.include({status: 0});
      await primary.halt('SIGKILL');
      await standby.query('SELECT pg_promote()');
      await untilReady();
      const {status, out} = await check();
      expect(status).not.to.equal(0);
      expect(out).to.include(lost.headers['location']).and.to.include('is gone');
      // The others are there.
      expect(await keysThatDoNotSign(server, keystore!.keys)).to.deep.equal([]);
      expect((await client.send(signing(lost.headers['location']!))).status).to.equal(404);
    } finally {
      client.close();
      await rm(directory, {recursive: true, force: true});
    }
  });
});

const READY = {
  method: 'GET',
  target: '/health/ready',
  headers: [['Host', 'localhost']] as [string, string][],
};

const between = (answers: readonly Answer[], from: number, to: number): Answer[] =>
  answers.filter(({began, ended}) => began >= from && ended <= to);

/** Resolves when the query gives a row. */
async function until(server: PostgresServer, query: string): Promise<void> {
  while ((await server.query(query)).length === 0) await sleep(20);
}
