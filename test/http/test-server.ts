import {once} from 'node:events';
import {connect} from 'node:net';
import type {Logger} from 'pino';
import {createClientAddressReader} from '../../lib/http/client-address.ts';
import {createApp, type AppOptions, type KmsEndpoints} from '../../lib/http/create-app.ts';
import type {Endpoint, EndpointRequest} from '../../lib/http/endpoint.ts';
import {HttpServer, type HttpServerOptions} from '../../lib/http/http-server.ts';
import {Lifecycle} from '../../lib/http/lifecycle.ts';
import {connectionLimits, type ConnectionLimits} from '../../lib/http/limits.ts';
import {byAddressBlock, createLimiter} from '../../lib/http/rate-limit.ts';
import {KMS_ROUTES} from '../../lib/http/router.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import type {Metrics} from '../../lib/observability/metrics.ts';

export const KEYSTORE = 'z19rEEBgnxLg7RWDUMeWGrZhs';
export const KEY = 'z1A4EtBoJ7yX3T3B6EJpqDwdB';

type Overrides = Partial<Omit<AppOptions, 'endpoints'>> & {
  readonly endpoints?: Partial<KmsEndpoints>;
  readonly limits?: Partial<ConnectionLimits>;
  readonly credentials?: HttpServerOptions['credentials'];
};

export interface TestServer {
  readonly port: number;
  readonly lifecycle: Lifecycle;
  readonly server: HttpServer;
  /** Names of the endpoints that were called. */
  readonly called: string[];
  /** What was logged, parsed. */
  readonly logged: Record<string, unknown>[];
  /** What was counted: `request live 200`, `refusal ERR_…`. */
  readonly counted: string[];
}

const running: HttpServer[] = [];

/** Stops every server that a test started. */
export async function stopTestServers(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.drain(0)));
}

/** A server with endpoints that say what they were called with, on a free port. */
export async function startTestServer(overrides: Overrides = {}): Promise<TestServer> {
  const {endpoints, limits, credentials, ...options} = overrides;
  const called: string[] = [];
  const logged: Record<string, unknown>[] = [];
  const counted: string[] = [];
  const shared = {
    lifecycle: new Lifecycle(),
    log: recordingLog(logged),
    metrics: recordingMetrics(counted),
    hsts: false,
  };
  const app = createApp({
    addressLimiter: byAddressBlock(createLimiter({rate: undefined})),
    clientAddress: createClientAddressReader([]),
    healthChecks: [],
    ...shared,
    ...options,
    endpoints: echoEndpoints(called, endpoints),
  });
  const server = await HttpServer.start({
    app,
    listen: {host: '127.0.0.1', port: 0},
    credentials,
    limits: {...connectionLimits({maxConnections: 100, requestTimeoutSeconds: 10}), ...limits},
    ...shared,
    ...options,
  });
  running.push(server);
  return {port: server.port, server, lifecycle: shared.lifecycle, called, logged, counted};
}

/** Sends bytes over a bare connection, part by part, and gives all that came back until the server closed it. */
export async function talk(port: number, ...parts: readonly string[]): Promise<string> {
  const socket = connect({port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  const ended = once(socket, 'end').catch(() => undefined);
  const closed = once(socket, 'close');
  for (const part of parts) socket.write(part, 'latin1');
  await Promise.race([ended, closed]);
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

export function recordingLog(logged: Record<string, unknown>[], level = 'debug'): Logger {
  return createLogger({
    level,
    stream: {write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>)},
  });
}

function recordingMetrics(counted: string[]): Metrics {
  return {
    request: (route, status) => void counted.push(`request ${route} ${status}`),
    refusal: (reason) => void counted.push(`refusal ${reason}`),
    stage: (name) => void counted.push(`stage ${name}`),
    cache: (name, hit) => void counted.push(`cache ${name} ${hit ? 'hit' : 'miss'}`),
    keyLifecycle: (event) => void counted.push(`key ${event}`),
    selfCheck: (result) => void counted.push(`self-check ${result}`),
    ipcCall: () => undefined,
    ipcConnections: () => undefined,
    ipcRefusal: () => undefined,
  };
}

function echoEndpoints(called: string[], overrides: Partial<KmsEndpoints> = {}): KmsEndpoints {
  const echo =
    (name: string): Endpoint =>
    async (request: EndpointRequest) => {
      called.push(name);
      const body = request.head.method === 'POST' ? (await request.readBody()).toString('utf8') : undefined;
      const {target, remoteAddress} = request.head;
      return {status: 200, body: {name, target, params: request.params, remoteAddress, body}};
    };
  const echoes = Object.fromEntries(KMS_ROUTES.map(({name}) => [name, echo(name)]));
  return {...(echoes as KmsEndpoints), ...overrides};
}
