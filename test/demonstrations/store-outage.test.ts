import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import type {DatabaseServer} from '../support/database-server.ts';
import {useFerretdb} from '../support/ferretdb-server.ts';
import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {usePostgres} from '../support/postgres-server.ts';
import {send} from '../support/raw-client.ts';
import {TcpProxy} from '../support/tcp-proxy.ts';
import {MixedLoad, type Answer} from './mixed-load.ts';
import {keysThatDoNotSign, populate, type PopulatedServer} from './population.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const [LOAD_MS, OUTAGE_MS] = LONG ? [10_000, 10_000] : [1000, 2000];
const RECOVERY_MS = 5000;
/** Of the requests per second before. On a machine that does nothing else. */
const FULL_SPEED = 0.8;

/** Who stops the store, and starts it again. */
interface Outage {
  readonly url: string;
  begin(): Promise<void>;
  end(): Promise<void>;
  close(): Promise<void>;
}

/** The server of databases is stopped, and started again with its data. */
async function stopping(server: DatabaseServer): Promise<Outage> {
  const url = await server.createDatabase();
  return {
    url,
    begin: () => server.halt(),
    end: () => server.resume(),
    close: () => server.dropDatabase(url),
  };
}

/** The server cannot be reached: of one that would lose its data. */
async function unreachable(server: DatabaseServer): Promise<Outage> {
  const url = await server.createDatabase();
  const proxy = await TcpProxy.start({host: '127.0.0.1', port: server.port});
  return {
    url: proxy.urlOf(url),
    begin: async () => {
      proxy.refuse(true);
      proxy.cut();
      return Promise.resolve();
    },
    end: async () => {
      proxy.refuse(false);
      return Promise.resolve();
    },
    close: async () => {
      await proxy.close();
      await server.dropDatabase(url);
    },
  };
}

function describeOutage(
  store: string,
  use: () => DatabaseServer,
  prepare: (server: DatabaseServer) => Promise<Outage>,
  settings: Readonly<Record<string, string>> = {},
): void {
  describe(`a store that is gone for ${OUTAGE_MS / 1000} s: ${store}`, function () {
    this.timeout(120_000);
    const databases = use();

    it('nothing but 503 meanwhile, nothing wrong ever, and full speed again by itself', async () => {
      const outage = await prepare(databases);
      const dataDir = await mkdtemp(join(tmpdir(), 'webkms-outage-'));
      const port = await freePort();
      const environment = {
        WEBKMS_STORAGE: outage.url,
        WEBKMS_STORAGE_TIMEOUT: '1s',
        WEBKMS_LOG_LEVEL: 'silent',
        ...settings,
      };
      try {
        const server = await ServerProcess.start({dataDir, port, environment});
        try {
          await demonstrate({port, ca: server.ca, baseUrl: server.url}, outage);
        } finally {
          await server.stop();
        }
      } finally {
        await rm(dataDir, {recursive: true, force: true});
        await outage.close();
      }
    });
  });
}

async function demonstrate(server: PopulatedServer, outage: Outage): Promise<void> {
  // One after the other: FerretDB knows no conditional writes under races.
  const keystores = await populate(server, {keystores: 2, keysPerKeystore: 5, connections: 1});
  const load = new MixedLoad(server, keystores);
  await enough(load, 0, LOAD_MS);
  const halting = performance.now();
  await outage.begin();
  const gone = performance.now();
  const meanwhile = await healthDuring(server, enough(load, gone, OUTAGE_MS));
  const resuming = performance.now();
  await outage.end();
  const back = performance.now();
  while ((await health(server, 'ready')) !== 200) await sleep(20);
  const ready = performance.now();
  await sleep(Math.max(0, back + RECOVERY_MS - ready));
  const recovered = performance.now();
  await enough(load, recovered, LOAD_MS);
  const end = performance.now();
  await load.stop();

  const {answers} = load;
  const [before, during, after] = [
    between(answers, 0, halting),
    between(answers, gone, resuming),
    between(answers, recovered, end),
  ];
  const speedBefore = (before.length / (halting - before[0]!.began)) * 1000;
  const speedAfter = (after.length / (end - recovered)) * 1000;
  console.log(
    `    ${before.length} before, ${during.length} meanwhile, ${after.length} afterwards; ready ${(ready - back).toFixed(0)} ms ` +
      `after the store; requests per second ${speedAfter.toFixed(0)} / ${speedBefore.toFixed(0)} = ${(speedAfter / speedBefore).toFixed(2)}`,
  );
  expect(tally(before), 'before').to.have.all.keys('sign 200', 'generate 200');
  expect(tally(during), 'meanwhile').to.have.all.keys('sign 503', 'generate 503');
  expect(tally(after), 'afterwards').to.have.all.keys('sign 200', 'generate 200');
  expect(meanwhile).to.deep.equal({live: [200], ready: [503]});
  if (LONG) expect(speedAfter / speedBefore, 'speed').to.be.at.least(FULL_SPEED);
  expectNothingWrong(answers);
  const generated = answers
    .filter(({kind, status}) => kind === 'generate' && status === 200)
    .map(({headers}) => headers['location']!);
  expect(generated).to.have.lengthOf.above(1);
  expect(await keysThatDoNotSign(server, generated)).to.deep.equal([]);
}

/** Of all answers, also those while the store went and came. */
function expectNothingWrong(answers: readonly Answer[]): void {
  const signatures = new Map<string, unknown>();
  for (const {kind, key = '', status, headers, json} of answers) {
    if (status === 503) {
      expect(json).to.have.property('name', 'UnavailableError');
      expect(headers)
        .to.have.property('retry-after')
        .that.matches(/^[1-9]\d*$/);
      continue;
    }
    expect(status).to.equal(200);
    if (kind === 'sign') {
      // Ed25519 signs the same data in the same way.
      if (!signatures.has(key)) signatures.set(key, json);
      expect(json).to.deep.equal(signatures.get(key));
    }
  }
  expect(signatures.size).to.equal(10);
}

const tally = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const {kind, status} of answers) {
    const name = `${kind} ${status}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

async function health(server: PopulatedServer, path: 'live' | 'ready'): Promise<number> {
  const headers: [string, string][] = [['Host', 'localhost']];
  return (await send(server, {method: 'GET', target: `/health/${path}`, headers})).status;
}

/** Every status that the health endpoints have until then. */
async function healthDuring(
  server: PopulatedServer,
  until: Promise<void>,
): Promise<{live: number[]; ready: number[]}> {
  const [live, ready] = [new Set<number>(), new Set<number>()];
  const ended = new AbortController();
  void until.finally(() => ended.abort());
  while (!ended.signal.aborted) {
    live.add(await health(server, 'live'));
    ready.add(await health(server, 'ready'));
    await sleep(50);
  }
  await until;
  return {live: [...live], ready: [...ready]};
}

const between = (answers: readonly Answer[], from: number, to = Infinity): Answer[] =>
  answers.filter(({began, ended}) => began >= from && ended <= to);

/** Resolves after that time, when requests of each kind began since and were answered. */
async function enough({answers}: MixedLoad, since: number, ms: number): Promise<void> {
  await sleep(ms);
  const kinds = (): Set<string> => new Set(between(answers, since).map(({kind}) => kind));
  while (kinds().size < 2) await sleep(20);
}

describeOutage('PostgreSQL', usePostgres, stopping);
describeOutage('PostgreSQL, keys in a process of their own', usePostgres, stopping, {
  WEBKMS_ISOLATION: 'process',
});
describeOutage('FerretDB', useFerretdb, stopping);
describeOutage('mongo-java-server', useMongoJavaServer, unreachable);
