import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {until} from '../maintenance/until.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {send, signedRequest} from '../support/signed-request.ts';
import {OWNER} from './population.ts';

const DAY_MS = 86_400_000;
const DATA = Buffer.from('What is signed.').toString('base64url');

const OPERATIONS = {
  sign: 'SignOperation',
  verify: 'VerifyOperation',
  deleteKey: 'DeleteKeyOperation',
  restoreKey: 'RestoreKeyOperation',
} as const;

interface Reply {
  readonly status: number;
  readonly location: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A server, its clock and its log, and one client of it. */
class Demonstration {
  readonly server: TestServer;
  readonly #log: string[];
  readonly #clock: {now: number};

  private constructor(server: TestServer, log: string[], clock: {now: number}) {
    this.server = server;
    this.#log = log;
    this.#clock = clock;
  }

  static async start(clock: {now: number}, environment: Record<string, string> = {}): Promise<Demonstration> {
    const log: string[] = [];
    const server = await runServer({
      environment,
      logStream: {write: (line) => void log.push(line)},
      clock: () => clock.now,
      keysEveryMs: 20,
    });
    return new Demonstration(server, log, clock);
  }

  async request(url: string, action: string, json?: object): Promise<Reply> {
    const created = Math.floor(this.#clock.now / 1000);
    const overrides = {created: String(created), expires: String(created + 600)};
    const request = signedRequest({url, action, signer: OWNER, overrides, ...(json && {json})});
    const {status, headers, text} = await send(this.server, request);
    const body = (text === '' ? {} : JSON.parse(text)) as Reply['body'];
    return {status, location: headers['location'] ?? '', body};
  }

  /** @returns the URL of a new key in a new keystore. */
  async createKey(baseUrl: string, target: object): Promise<string> {
    const config = {sequence: 0, controller: OWNER.did, meterId: 'a meter'};
    const keystore = await this.request(`${baseUrl}/kms/keystores`, 'write', config);
    const invocationTarget = {type: 'urn:webkms:multikey:Ed25519', ...target};
    const operation = {type: 'GenerateKeyOperation', invocationTarget};
    const key = await this.request(`${keystore.location}/keys`, 'generateKey', operation);
    expect([keystore.status, key.status]).to.deep.equal([201, 200]);
    return key.location;
  }

  run(url: string, action: keyof typeof OPERATIONS, members: object = {}): Promise<Reply> {
    return this.request(url, action, {type: OPERATIONS[action], invocationTarget: url, ...members});
  }

  sign(url: string): Promise<Reply> {
    return this.run(url, 'sign', {verifyData: DATA});
  }

  logged(msg: string): readonly Readonly<Record<string, unknown>>[] {
    const lines = this.#log.map((line) => JSON.parse(line) as Record<string, unknown>);
    return lines.filter((line) => line['msg'] === msg);
  }
}

/** Which of the files in a directory hold the bytes. */
async function filesWith(directory: string, bytes: Buffer): Promise<readonly string[]> {
  const names: string[] = [];
  for (const name of await readdir(directory)) {
    const content = await readFile(join(directory, name)).catch(() => Buffer.of());
    if (content.includes(bytes)) names.push(name);
  }
  return names;
}

function query<T>(dataDir: string, work: (db: Database.Database) => T): T {
  const db = new Database(join(dataDir, 'webkms.db'), {fileMustExist: true, timeout: 5000});
  try {
    return work(db);
  } finally {
    db.close();
  }
}

describe('the life of a key', function () {
  this.timeout(60_000);
  let clock: {now: number};
  let running: Demonstration[];
  beforeEach(() => {
    clock = {now: Date.now()};
    running = [];
  });
  afterEach(async () => {
    // Those that use another's directory first.
    for (const {server} of running.reverse()) await server.stop();
  });
  const start = async (environment?: Record<string, string>): Promise<Demonstration> => {
    const demonstration = await Demonstration.start(clock, environment);
    running.push(demonstration);
    return demonstration;
  };

  it('ends: deleted, restored within the window, deleted again and destroyed after it; its material is nowhere', async () => {
    const kms = await start();
    const {dataDir, baseUrl} = kms.server;
    const url = await kms.createKey(baseUrl, {tags: {name: 'short-lived'}});
    const {body: signed} = await kms.sign(url);
    const material = query(dataDir, (db) =>
      db.prepare('SELECT material FROM key_version').pluck().get(),
    ) as Buffer;
    expect(await filesWith(dataDir, material)).to.not.deep.equal([]);

    const deleted = await kms.run(url, 'deleteKey');
    const destroyAt = clock.now + 30 * DAY_MS;
    expect(deleted.status).to.equal(200);
    expect(deleted.body).to.have.nested.property('keyDescription.metadata.state', 'pendingDeletion');
    expect(await kms.sign(url)).to.include({status: 409});
    clock.now = destroyAt - 1000;
    expect(await kms.run(url, 'restoreKey')).to.include({status: 200});
    expect((await kms.sign(url)).body).to.deep.equal(signed);

    await kms.run(url, 'deleteKey');
    clock.now = destroyAt + 1000;
    expect(await kms.sign(url)).to.include({status: 409});
    expect(kms.logged('key destroyed')).to.deep.equal([]);
    clock.now += 30 * DAY_MS;
    const [line] = await until(
      async () => kms.logged('key destroyed').length > 0 && kms.logged('key destroyed'),
    );
    expect(line).to.include({level: 'info', key: url});
    expect(await kms.request(url, 'read')).to.include({status: 404});
    expect((await kms.sign(url)).status).to.be.oneOf([404, 409]);
    expect((await kms.run(url, 'restoreKey')).status).to.be.oneOf([404, 409]);

    await until(async () => (await filesWith(dataDir, material)).length === 0);
    const row = query(dataDir, (db) => {
      db.exec('VACUUM');
      db.pragma('wal_checkpoint(TRUNCATE)');
      return db.prepare('SELECT state, material, length(public_key) AS public FROM key_version').get();
    });
    expect(row).to.deep.equal({state: 'destroyed', material: null, public: 32});
    expect(await filesWith(dataDir, material)).to.deep.equal([]);
    // The search finds what is there.
    expect(await filesWith(dataDir, Buffer.from('Ed25519'))).to.include('webkms.db');
  });

  it('goes on: rotated by the number of uses, and by age; what older versions signed verifies', async () => {
    const metricsPort = await freePort();
    const kms = await start({WEBKMS_METRICS_LISTEN: `127.0.0.1:${metricsPort}`});
    const url = await kms.createKey(kms.server.baseUrl, {
      policy: {rotation: {afterUses: 5, afterSeconds: 86_400}},
    });
    const versionIs = (version: number) => async (): Promise<boolean> =>
      (await kms.request(url, 'read')).body['keyVersion'] === version;
    const first = await kms.sign(url);
    expect(first.body).to.not.have.property('keyVersion');
    for (let use = 2; use <= 5; use++) expect((await kms.sign(url)).body).to.deep.equal(first.body);
    await until(versionIs(2));
    const second = await kms.sign(url);
    expect(second.body).to.include({keyVersion: 2});
    clock.now += DAY_MS;
    await until(versionIs(3));
    const third = await kms.sign(url);

    for (const [version, {body}] of [first, second, third].entries()) {
      const {signatureValue} = body;
      const verified = await kms.run(url, 'verify', {verifyData: DATA, signatureValue});
      expect(verified.body).to.deep.equal({verified: true, keyVersion: version + 1});
    }
    const told = kms.logged('key rotated by policy').map(({key, version, reason}) => [key, version, reason]);
    expect(told).to.deep.equal([
      [url, 2, 'uses'],
      [url, 3, 'age'],
    ]);
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics.split('\n')).to.include('webkms_key_lifecycle_total{event="rotated"} 2');
  });

  it('goes on as the server says where its defaults are enforced; else they warn', async () => {
    const ages = {WEBKMS_KEY_ROTATION_ASYMMETRIC: '10d'};
    const enforcing = await start({...ages, WEBKMS_KEY_ROTATION: 'enforce'});
    const suggesting = await start(ages);
    const [enforced, suggested] = [
      await enforcing.createKey(enforcing.server.baseUrl, {}),
      await suggesting.createKey(suggesting.server.baseUrl, {}),
    ];
    clock.now += 10 * DAY_MS + 1000;
    await until(async () => (await enforcing.request(enforced, 'read')).body['keyVersion'] === 2);
    const {body} = await suggesting.request(`${suggested}?include=metadata`, 'read');
    expect(body).to.not.have.property('keyVersion');
    const {warnings} = body['metadata'] as {warnings: readonly string[]};
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.contain('older than');
  });

  it('is the same to two servers on one store: each rotation is done once', async () => {
    const one = await start();
    const {dataDir, baseUrl} = one.server;
    const other = await start({
      WEBKMS_BASE_URL: baseUrl,
      WEBKMS_STORAGE: `sqlite:${join(dataDir, 'webkms.db')}`,
      WEBKMS_ROOT_WRAPPER: `file:${join(dataDir, 'root.key')}`,
    });
    const policy = {rotation: {afterUses: 8, afterSeconds: 86_400}};
    const url = await one.createKey(baseUrl, {policy});
    const signedWith = (): Promise<unknown> => one.sign(url).then(({body}) => body['keyVersion']);
    for (let round = 2; round <= 4; round++) {
      // Within a round both servers use the key until it is rotated, whoever notices.
      await until(async () => {
        const replies = await Promise.all([one.sign(url), other.sign(url), one.sign(url), other.sign(url)]);
        expect(replies.map(({status}) => status)).to.deep.equal([200, 200, 200, 200]);
        return ((await signedWith()) as number) >= 2 * round - 2;
      });
      const before = (await signedWith()) as number;
      clock.now += DAY_MS;
      await until(async () => ((await signedWith()) as number) > before);
    }
    await until(async () => {
      const {body} = await one.request(`${url}?include=metadata`, 'read');
      const told = [one, other].flatMap((kms) => kms.logged('key rotated by policy'));
      const {versions} = body['metadata'] as {versions: readonly object[]};
      return told.length === versions.length - 1;
    });
    const told = [one, other].flatMap((kms) =>
      kms.logged('key rotated by policy').map(({version}) => version),
    );
    expect(told).to.have.lengthOf(new Set(told).size);
    expect(told.length).to.be.at.least(6);
    for (const kms of [one, other]) expect(kms.logged('what is due for a key failed')).to.deep.equal([]);
  });
});
