import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {populate} from '../demonstrations/population.ts';
import {admin, adminCommand, type CommandOutcome} from '../support/admin-command.ts';
import {requireSqlite3, sqlite3Unguarded} from '../support/sqlite3-program.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));
const PASSPHRASE = 'correct horse battery staple';
type Environment = Readonly<Record<string, string>>;

/** SQL: a blob with another last byte. */
const TURNED = `CAST(substr(blob, 1, length(blob) - 1) || CASE substr(blob, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB)`;

/**
 * A digest of a file; of a database, of all rows but who used it last: whoever opens a store says so in it, and takes it back.
 */
function contentOf(name: string, bytes: Buffer): string {
  const digest = createHash('sha256');
  if (!name.endsWith('/webkms.db') || bytes.toString('latin1', 0, 15) !== 'SQLite format 3') {
    return digest.update(bytes).digest('hex');
  }
  // In memory there is no write-ahead log, which the header asks for (bytes 18 and 19).
  bytes.fill(1, 18, 20);
  const db = new Database(bytes);
  try {
    const tables = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'lease'")
      .pluck();
    for (const table of tables.all()) {
      const rows = db.prepare<[], unknown[]>(`SELECT * FROM "${table}"`).raw().all();
      digest.update(JSON.stringify([table, rows]));
    }
    return digest.digest('hex');
  } finally {
    db.close();
  }
}

/** Bad input is told, fails the command or the start, and changes nothing; the same without it works. */
describe('bad input', function () {
  this.timeout(60_000);
  let directory: string;
  let dataDir: string;
  let environment: Environment;
  let shares: readonly string[];
  const made: Record<string, {readonly environment: Environment; readonly shares: readonly string[]}> = {};

  const place = (name: string): string => join(directory, name);

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-bad-'));
    await writeFile(place('passphrase'), `${PASSPHRASE}\n`, {mode: 0o600});
    for (const [name, wrapper] of [
      ['file', `file:${place('kept.key')}`],
      ['passphrase', `passphrase:file=${place('passphrase')}`],
    ] as const) {
      made[name] = {environment: {WEBKMS_ROOT_WRAPPER: wrapper}, shares: []};
      const server = await ServerProcess.start({
        dataDir: place(`${name}-made`),
        port: await freePort(),
        environment: made[name].environment,
      });
      if (name === 'file') {
        const at = {port: Number(new URL(server.url).port), ca: server.ca, baseUrl: server.url};
        await populate(at, {keystores: 2, keysPerKeystore: 1});
      }
      await server.stop();
    }
    for (const name of ['shamir', 'foreign']) {
      const settings = {WEBKMS_ROOT_WRAPPER: 'shamir:2-of-3'};
      const out = await admin(['init'], {dataDir: place(`${name}-made`), environment: settings});
      made[name] = {environment: settings, shares: out.trim().split('\n')};
    }
  });
  after(() => rm(directory, {recursive: true, force: true}));
  afterEach(() => rm(dataDir, {recursive: true, force: true}));

  /** A copy of a store that was made before. */
  async function take(name: 'file' | 'passphrase' | 'shamir'): Promise<void> {
    dataDir = place('data');
    await cp(place(`${name}-made`), dataDir, {recursive: true});
    ({environment, shares} = made[name]!);
  }

  const check = (input = ''): Promise<CommandOutcome> =>
    adminCommand(['check'], {dataDir, environment, input});

  async function serve(): Promise<CommandOutcome> {
    const port = await freePort();
    const child = spawn(process.execPath, [LAUNCHER, 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        WEBKMS_LISTEN: `127.0.0.1:${port}`,
        WEBKMS_DATA_DIR: dataDir,
        WEBKMS_TLS: 'off',
        WEBKMS_LOG_LEVEL: 'silent',
        ...environment,
      },
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('listening on')) child.kill('SIGTERM');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const [status] = (await once(child, 'close')) as [number | null];
    return {status, out, err};
  }

  /** Names, modes and contents of everything there is. */
  async function everything(): Promise<unknown> {
    const names = (await readdir(directory, {recursive: true})).sort();
    return Promise.all(
      names.map(async (name) => {
        const found = await stat(place(name));
        const content = found.isFile() ? contentOf(name, await readFile(place(name))) : undefined;
        return [name, found.mode, content];
      }),
    );
  }

  async function expectRefused(
    work: () => Promise<CommandOutcome>,
    message: RegExp,
    status: 1 | 2 = 1,
  ): Promise<void> {
    const before = await everything();
    const outcome = await work();
    expect(outcome.status, outcome.err).to.equal(status);
    expect(outcome.err + outcome.out).to.match(message);
    expect(outcome.err).not.to.match(/ {4}at |not foreseen/);
    expect(await everything()).to.deep.equal(before);
  }

  async function edit(statements: string): Promise<void> {
    await sqlite3Unguarded(join(dataDir, 'webkms.db'), statements);
  }

  it('has twins that are accepted', async () => {
    for (const name of ['file', 'passphrase', 'shamir'] as const) {
      await take(name);
      expect((await serve()).status, name).to.equal(0);
      expect((await check(shares.slice(1).join('\n'))).status, name).to.equal(0);
      await rm(dataDir, {recursive: true});
    }
  });

  it('a wrong passphrase, to the command and to the server', async () => {
    await take('passphrase');
    await writeFile(place('passphrase'), 'another horse, another staple\n');
    try {
      for (const work of [check, serve]) await expectRefused(work, /The passphrase is wrong\./);
    } finally {
      await writeFile(place('passphrase'), `${PASSPHRASE}\n`);
    }
  });

  it('a missing file: none is made', async () => {
    await take('file');
    environment = {WEBKMS_ROOT_WRAPPER: `file:${place('nowhere/root.key')}`};
    const kept = await readFile(place('kept.key'));
    await rm(place('kept.key'));
    try {
      for (const work of [check, serve]) {
        await expectRefused(work, /kept\.key does not exist.*A new one is made for an empty store only/);
      }
    } finally {
      await writeFile(place('kept.key'), kept, {mode: 0o600});
    }
  });

  it('a key file that others can read', async () => {
    await take('file');
    await chmod(place('kept.key'), 0o640);
    try {
      for (const work of [check, serve])
        await expectRefused(work, /is open to other users\. Close it: chmod 600/);
    } finally {
      await chmod(place('kept.key'), 0o600);
    }
  });

  it('a data directory that others can write to: nothing is made in it', async () => {
    dataDir = place('open');
    environment = {};
    await mkdir(dataDir);
    await chmod(dataDir, 0o770);
    await expectRefused(serve, /Other users can write to the data directory .* \(chmod go-w/);
    await chmod(dataDir, 0o750);
    expect((await serve()).status).to.equal(0);
  });

  it('too few shares, foreign ones, and damaged ones', async () => {
    await take('shamir');
    const [a = '', b = ''] = shares;
    const [foreign = ''] = made['foreign']?.shares ?? [];
    await expectRefused(() => check(''), /Too few shares were given/);
    await expectRefused(() => check(a), /Too few shares were given/);
    await expectRefused(() => check(`${a}\n${a}\n`), /was given already/);
    await expectRefused(() => check(`${a}\n${foreign}\n`), /a share of another root of trust/);
    const damaged = b.slice(0, -1) + (b.endsWith('2') ? '3' : '2');
    await expectRefused(() => check(`${a}\n${damaged}\n`), /Nothing was changed/);
    // As they come from mail and spreadsheets.
    expect((await check(`\r\n  ${b}\t\r\n\n${a}  `)).status).to.equal(0);
  });

  for (const [what, statements] of [
    ['a corrupt blob of a root key', `UPDATE sealed_root_key_version SET blob = ${TURNED};`],
    ['a corrupt blob of a data key', `UPDATE data_key_version SET blob = ${TURNED};`],
    [
      'blobs of another scope',
      `CREATE TEMP TABLE blobs AS SELECT v.position, w.blob FROM data_key_version v
         JOIN data_key k ON k.position = v.data_key JOIN data_key l ON l.purpose = k.purpose AND l.root_key <> k.root_key
         JOIN data_key_version w ON w.data_key = l.position;
       UPDATE data_key_version SET blob = (SELECT blob FROM blobs WHERE blobs.position = data_key_version.position)
         WHERE position IN (SELECT position FROM blobs);`,
    ],
  ] as const) {
    it(what, async function () {
      requireSqlite3(this);
      await take('file');
      await edit(statements);
      await expectRefused(check, /^error keys /m);
    });
  }

  it('an unknown wrapper, in the store and from the operator', async function () {
    requireSqlite3(this);
    await take('file');
    await expectRefused(
      () => adminCommand(['root', 'add', 'vault:x'], {dataDir, environment}),
      /The root of trust is of an unknown kind\. There is: file:/,
      2,
    );
    await edit(`UPDATE root_wrapper SET uri = 'vault:x';`);
    environment = {WEBKMS_ROOT_WRAPPER: `file:${place('nowhere/root.key')}`};
    for (const work of [check, serve]) await expectRefused(work, /of an unknown kind/);
  });

  it('a schema newer than the code', async function () {
    requireSqlite3(this);
    for (const statements of [
      'PRAGMA user_version = 99;',
      `INSERT INTO schema_migration SELECT * FROM schema_migration WHERE 0; UPDATE hierarchy_state SET schema_version = 99;`,
    ]) {
      await take('file');
      await edit(statements);
      for (const work of [check, serve]) await expectRefused(work, /schema version 99|version 99/);
      await rm(dataDir, {recursive: true});
    }
  });
});
