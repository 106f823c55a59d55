import {execFile, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {existsSync, globSync} from 'node:fs';
import {appendFile, chown, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {promisify} from 'node:util';
import {before} from 'mocha';
import {Client} from 'pg';
import {freePort} from '../crash/free-port.ts';
import type {DatabaseServer} from './database-server.ts';
import {skipFor} from './missing-program.ts';
import {WatchedProcess} from './watched-process.ts';

export interface PostgresServerOptions {
  /** Whether what is committed survives a power failure. Off by default, for speed: a kill of the server loses nothing all the same. */
  readonly fsync?: boolean;
  /** PEM: connections may use TLS then. */
  readonly tls?: {readonly cert: string; readonly key: string};
  /** Lines of postgresql.conf by their names. */
  readonly settings?: Readonly<Record<string, string>>;
}

const SUPERUSER = 'postgres';
/** Owns the databases that are created, and is allowed nothing else. */
const OWNER = 'webkms';
const FAST: Readonly<Record<string, string>> = {fsync: 'off', full_page_writes: 'off'};

/** A PostgreSQL server of this process, with passwords (SCRAM) on the loopback interface, in a directory of its own. */
export class PostgresServer implements DatabaseServer {
  readonly name = 'PostgreSQL';
  /** Of `webkms` and of the superuser. */
  readonly password: string;
  readonly #options: PostgresServerOptions;
  #running: {readonly process: WatchedProcess; readonly directory: string; readonly port: number} | undefined;

  private constructor(options: PostgresServerOptions, password = randomBytes(24).toString('base64url')) {
    this.#options = options;
    this.password = password;
  }

  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const server = PostgresServer.unstarted(options);
    await server.ensureStarted();
    return server;
  }

  static unstarted(options: PostgresServerOptions = {}): PostgresServer {
    return new PostgresServer(options);
  }

  get port(): number {
    return this.#state.port;
  }

  get pid(): number {
    return this.#state.process.pid;
  }

  /** The last lines of its log. */
  get log(): string {
    return this.#state.process.output;
  }

  async ensureStarted(): Promise<void> {
    if (this.#running) return;
    const directory = await mkdtemp(join(tmpdir(), 'webkms-postgres-'));
    const port = await freePort();
    await this.#initialise(directory, port);
    this.#running = {directory, port, process: await launch(directory)};
    await this.query(`CREATE ROLE ${OWNER} LOGIN PASSWORD '${this.password}'`);
  }

  /** Starts another that has what it has, and follows it from here on. @param name in its `synchronous_standby_names` */
  async startStandby(name: string): Promise<PostgresServer> {
    await this.halt();
    const [directory, port] = [await mkdtemp(join(tmpdir(), 'webkms-postgres-')), await freePort()];
    await promisify(execFile)('cp', ['-a', dataOf(this.#state.directory), dataOf(directory)]);
    const primary = `host=127.0.0.1 port=${this.port} user=${SUPERUSER} password=${this.password} application_name=${name}`;
    const lines = `port = '${port}'\nprimary_conninfo = '${primary}'\n`;
    await appendFile(join(dataOf(directory), 'postgresql.auto.conf'), lines);
    await writeFile(join(dataOf(directory), 'standby.signal'), '');
    const user = account();
    if (user) await chown(directory, user.uid, user.gid);
    await this.resume();
    const standby = new PostgresServer(this.#options, this.password);
    standby.#running = {directory, port, process: await launch(directory)};
    return standby;
  }

  async createDatabase(): Promise<string> {
    const name = `webkms_${randomBytes(8).toString('hex')}`;
    await this.query(`CREATE DATABASE ${name} OWNER ${OWNER}`);
    return this.#url(OWNER, name);
  }

  async dropDatabase(url: string): Promise<void> {
    await this.query(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
  }

  /** The superuser's way into the database of `url`. Default: into `postgres` */
  superuserUrl(url?: string): string {
    return this.#url(SUPERUSER, url === undefined ? 'postgres' : new URL(url).pathname.slice(1));
  }

  /** Runs statements as the superuser, in the database of `url`. */
  async query(statements: string, url?: string): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({connectionString: this.superuserUrl(url)});
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statements)).rows;
    } finally {
      await client.end();
    }
  }

  async halt(signal: 'SIGKILL' | 'SIGINT' = 'SIGINT'): Promise<void> {
    await this.#state.process.end(signal);
  }

  async resume(): Promise<void> {
    this.#running = {...this.#state, process: await launch(this.#state.directory)};
  }

  async restart(): Promise<void> {
    await this.halt();
    await this.resume();
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    await this.halt();
    await rm(this.#running.directory, {recursive: true, force: true});
    this.#running = undefined;
  }

  get #state() {
    if (!this.#running) throw new Error('PostgreSQL was not started.');
    return this.#running;
  }

  #url(user: string, database: string): string {
    return `postgres://${user}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  async #initialise(directory: string, port: number): Promise<void> {
    const {fsync = false, tls, settings} = this.#options;
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, this.password, {mode: 0o600});
    const user = account();
    if (user) for (const path of [directory, passwordFile]) await chown(path, user.uid, user.gid);
    const data = dataOf(directory);
    await promisify(execFile)(
      join(binaries()!, 'initdb'),
      // A collation that is nobody's default here, so that an order by text shows whether it says which.
      [
        ...['--pgdata', data, '--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
        ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync', '--no-instructions', ...collation()],
      ],
      {...user, cwd: directory, env: {PATH: process.env['PATH'], LC_ALL: 'C.UTF-8'}},
    );
    const lines: Record<string, string> = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      max_connections: '200',
      ...(!fsync && FAST),
      ...(tls && {ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key'}),
      ...settings,
    };
    const configuration = Object.entries(lines).map(([name, value]) => `${name} = '${value}'\n`);
    const files: [string, string][] = [['postgresql.auto.conf', configuration.join('')]];
    if (tls) files.push(['server.crt', tls.cert], ['server.key', tls.key]);
    for (const [name, text] of files) {
      await writeFile(join(data, name), text, {mode: 0o600});
      if (user) await chown(join(data, name), user.uid, user.gid);
    }
  }
}

let shared: PostgresServer | undefined;

/** To be called in a `describe`: its tests have the one server of the process, or are skipped where PostgreSQL is missing. */
export function usePostgres(): PostgresServer {
  const server = (shared ??= PostgresServer.unstarted());
  before('PostgreSQL', async function () {
    needPostgres(this);
    this.timeout(60_000);
    await server.ensureStarted();
  });
  return server;
}

/** Skips where there is no PostgreSQL. */
export function needPostgres(context: Mocha.Context): void {
  if (binaries() === undefined) skipFor(context, 'PostgreSQL is missing.');
}

async function launch(directory: string): Promise<WatchedProcess> {
  const options = {
    command: join(binaries()!, 'postgres'),
    args: ['-D', dataOf(directory)],
    user: account(),
    directory,
    lastSignal: 'QUIT',
  } as const;
  for (let attempt = 1; ; attempt++) {
    try {
      return (
        await WatchedProcess.start(options, /database system is ready to accept (read-only )?connections/)
      ).process;
    } catch (error) {
      // The children of a server that was killed go soon.
      if (attempt === 50 || !(error instanceof Error && error.message.includes('still in use'))) throw error;
      await sleep(100);
    }
  }
}

function dataOf(directory: string): string {
  return join(directory, 'data');
}

/** The folder of the programs: on the PATH, or the newest where Debian has them. */
function binaries(): string | undefined {
  const version = (path: string): number => Number(/\/(\d+)\/bin$/.exec(path)?.[1]);
  const debian = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => version(b) - version(a));
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return [...path, ...debian].find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  );
}

/** PostgreSQL refuses to run as root. */
function account(): {uid: number; gid: number} | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const numbers = ['-u', '-g'].map((flag) => spawnSync('id', [flag, SUPERUSER], {encoding: 'utf8'}).stdout);
  const [uid = NaN, gid = NaN] = numbers.map((text) => Number.parseInt(text, 10));
  if (Number.isNaN(uid) || Number.isNaN(gid)) throw new Error(`There is no user ${SUPERUSER} to run it as.`);
  return {uid, gid};
}

function collation(): string[] {
  const {stdout} = spawnSync(join(binaries()!, 'initdb'), ['--version'], {encoding: 'utf8'});
  const version = Number(/ (\d+)/.exec(stdout)?.[1]);
  return version >= 15 ? ['--locale-provider', 'icu', '--icu-locale', 'en-US'] : [];
}
