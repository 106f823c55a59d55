import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {Agent} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {DestinationStream} from 'pino';
import {startServer, type ServerOptions} from '../../lib/app.ts';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import type {ListeningServer} from './raw-client.ts';

/** Our server, running: to be given to `send` and `RawClient`, and its `agent` to the official clients. */
export interface TestServer extends ListeningServer {
  /** The public origin, e.g. `https://localhost:41234`. */
  readonly baseUrl: string;
  /** `localhost:41234`: what `Host` must be. */
  readonly host: string;
  /** Trusts the server's certificate: `httpsAgent` of `KmsClient`, `agent` of `ZcapClient` and of node:https. */
  readonly agent: Agent;
  readonly dataDir: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
  /** Stops it, does something, e.g. to its store, and starts it again. @param work gets its settings */
  whileStopped<T>(work: (environment: Readonly<Record<string, string>>) => Promise<T>): Promise<T>;
}

export interface RunServerOptions extends Pick<ServerOptions, 'clock' | 'keysEveryMs'> {
  /** `WEBKMS_` settings besides a free port, a new data directory, no rate limit, no log. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `off`: plain HTTP as behind a TLS proxy, for bulk; the base URL is https all the same. Default: self-signed. */
  readonly tls?: 'self-signed' | 'off';
  /** Gets the log's lines, at level `debug` unless the environment says otherwise. */
  readonly logStream?: DestinationStream;
}

/** Starts the server in this process: fast, and its coverage counts. */
export async function runServer({
  logStream,
  clock,
  keysEveryMs,
  ...options
}: RunServerOptions = {}): Promise<TestServer> {
  const logged = logStream && {WEBKMS_LOG_LEVEL: 'debug'};
  return run({...options, environment: {...logged, ...options.environment}}, async (environment) => {
    const settings = loadSettings({environment});
    const log = createLogger({...settings.log, ...(logStream && {stream: logStream})});
    const server = await startServer(settings, {
      log,
      ...(clock && {clock}),
      ...(keysEveryMs !== undefined && {keysEveryMs}),
    });
    return {stop: () => server.close()};
  });
}

/** Starts `webkms serve` as a process of its own. */
export async function runServerProcess({
  environment = {},
}: Pick<RunServerOptions, 'environment'> = {}): Promise<TestServer> {
  return run({environment}, async (_settings, {port, dataDir}) =>
    ServerProcess.start({dataDir, port, environment}),
  );
}

async function run(
  {environment, tls = 'self-signed'}: RunServerOptions,
  start: (
    environment: Readonly<Record<string, string>>,
    place: {readonly port: number; readonly dataDir: string},
  ) => Promise<{stop(): Promise<void>}>,
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'webkms-test-'));
  const port = await freePort();
  const host = `localhost:${port}`;
  const baseUrl = `https://${host}`;
  const settings = {
    WEBKMS_BASE_URL: baseUrl,
    WEBKMS_LISTEN: `127.0.0.1:${port}`,
    WEBKMS_TLS: tls,
    WEBKMS_DATA_DIR: dataDir,
    WEBKMS_RATE_LIMIT: 'off',
    WEBKMS_LOG_LEVEL: 'silent',
    // `WEBKMS_TEST_ISOLATION=process mocha …`: the same tests of a server whose keys are in a process of their own.
    WEBKMS_ISOLATION: process.env['WEBKMS_TEST_ISOLATION'] ?? 'none',
    ...environment,
  };
  const removeData = (): Promise<void> => rm(dataDir, {recursive: true, force: true});
  let server = await start(settings, {port, dataDir}).catch(async (error: unknown) => {
    await removeData();
    throw error;
  });
  const ca = tls === 'off' ? undefined : await readFile(join(dataDir, 'tls.crt'), 'utf8');
  const agent = new Agent({keepAlive: true, ...(ca !== undefined && {ca})});
  const stop = async (): Promise<void> => {
    agent.destroy();
    await server.stop();
    await removeData();
  };
  const whileStopped: TestServer['whileStopped'] = async (work) => {
    await server.stop();
    try {
      return await work(settings);
    } finally {
      server = await start(settings, {port, dataDir});
    }
  };
  return {baseUrl, host, port, ca, agent, dataDir, stop, whileStopped};
}
