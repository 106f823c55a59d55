import {mkdir} from 'node:fs/promises';
import type {Logger} from 'pino';
import {assertOwnersDirectory} from './admin/admin-socket-path.ts';
import {startAdminSocket} from './admin/admin-socket-server.ts';
import {acquireDataDirectoryLock} from './admin/data-directory-lock.ts';
import type {AnyAdminOperation} from './admin/execute-operation.ts';
import {startBackgroundWork} from './background-work.ts';
import {describeStorage} from './config/location-parsers.ts';
import type {Settings} from './config/settings.ts';
import {createClientAddressReader} from './http/client-address.ts';
import {createApp} from './http/create-app.ts';
import {createKmsEndpoints} from './http/endpoints/kms-endpoints.ts';
import {HttpServer} from './http/http-server.ts';
import {Lifecycle} from './http/lifecycle.ts';
import {connectionLimits} from './http/limits.ts';
import {createAddressLimiter, createInvokerLimiter} from './http/rate-limit.ts';
import {loadCredentials, loadSelfSigned, type Credentials} from './http/tls.ts';
import {startHousekeeping} from './housekeeping.ts';
import {openKeyManagement} from './key-management.ts';
import type {KeyModule} from './key-modules/key-module.ts';
import {NO_METRICS, type Metrics} from './observability/metrics.ts';
import {startMetricsListener} from './observability/metrics-listener.ts';
import {assertRootsOpenKeys} from './sealing/assert-roots-open-keys.ts';
import type {RootOfTrust} from './sealing/root-of-trust.ts';
import {SealedError} from './sealing/sealing-errors.ts';
import {createDidResolver} from './zcap/did/did-resolver.ts';
import {ZcapAuthorizer} from './zcap/zcap-authorizer.ts';

/** A server that is listening. */
export interface RunningServer {
  /** Where it listens; the public origin, unless that is a proxy's. */
  readonly url: string;
  /** Lines for the person who started it. */
  readonly notices: readonly string[];
  /** Drains, and releases everything. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly log: Logger;
  /** The server's time, but that of the system's own affairs: milliseconds since the epoch. Default: the system's */
  readonly clock?: () => number;
  /** How often it is looked for keys that are due. Default: about every minute */
  readonly keysEveryMs?: number;
}

/**
 * The composition root: settings → stores, wrappers, key modules → a listening server. Where anything on the way fails, what
 * was opened before is closed again, and nothing listens.
 */
export async function startServer(settings: Settings, options: ServerOptions): Promise<RunningServer> {
  const closing = new AsyncDisposableStack();
  try {
    const server = await compose(settings, options, closing);
    return {...server, close: () => closing.disposeAsync()};
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

async function compose(
  settings: Settings,
  {log, clock = () => Date.now(), keysEveryMs}: ServerOptions,
  closing: AsyncDisposableStack,
): Promise<Pick<RunningServer, 'url' | 'notices'>> {
  const notices: string[] = [];
  await mkdir(settings.dataDir, {recursive: true, mode: 0o700});
  // Before anything is made in it.
  await assertOwnersDirectory(settings.dataDir);
  const lock = await acquireDataDirectoryLock(settings.dataDir);
  closing.defer(() => lock.release());
  const metrics = await openMetrics(settings, closing, notices);

  const management = await openKeyManagement(settings, {log, closing, metrics, clock});
  const {requestStores: stores, root, hierarchy, keyModules, keyService} = management;
  if (!root.isSealed()) {
    await assertRootsOpenKeys({store: management.stores.keyHierarchy, hierarchy, purpose: 'record-mac'});
  }
  notices.push(...rootNotices(settings, root));

  const authorizer = new ZcapAuthorizer({
    resolver: createDidResolver({
      ...(settings.didWeb && {didWeb: {enabled: true, ports: settings.didWeb.ports}}),
      onCache: (cache, outcome) => metrics.cache(cache, outcome === 'hit'),
      now: clock,
    }),
    replays: stores.replays,
    limitInvoker: (did) => invokerLimiter.limit(did),
    maxDelegationTtlMs: settings.maxDelegationTtlSeconds * 1000,
    onCache: (hit) => metrics.cache('capabilities', hit),
    now: () => Math.floor(clock() / 1000),
  });
  const invokerLimiter = createInvokerLimiter({rate: settings.rateLimit.invoker});
  const lifecycle = new Lifecycle();
  const hsts = settings.tls.mode === 'files';
  const app = createApp({
    endpoints: createKmsEndpoints({
      baseUrl: settings.baseUrl,
      stores,
      authorizer,
      keyService,
      keyModules,
      keystoreCreation: settings.keystoreCreation,
      keyDescriptions: settings.keyDescriptions,
      quotas: settings.quotas,
      assertUsable: () => {
        if (root.isSealed()) throw new SealedError();
      },
      now: clock,
    }),
    healthChecks: [
      {name: 'store', check: () => stores.ping()},
      {name: 'root-of-trust', check: () => hierarchy.check()},
      {name: 'key-module', check: () => checkKeyModules(keyModules)},
    ],
    addressLimiter: createAddressLimiter({rate: settings.rateLimit.address}),
    clientAddress: createClientAddressReader(settings.trustedProxies),
    lifecycle,
    log,
    metrics,
    hsts,
  });
  const {nodeLeases} = management;
  closing.defer(startHousekeeping(stores, {log, mayRun: (...round) => nodeLeases.mayRun(...round)}));
  closing.defer(startBackgroundWork(management, {keysEveryMs}));
  const adminSocket = await startAdminSocket({
    management,
    loadOperations,
    dataDir: settings.dataDir,
    log,
  });
  closing.defer(() => adminSocket.close());

  const credentials = await openCredentials(settings, notices);
  const server = await HttpServer.start({
    app,
    listen: settings.listen,
    credentials,
    limits: connectionLimits(settings),
    lifecycle,
    log,
    metrics,
    hsts,
  });
  closing.defer(() => server.drain(settings.shutdownTimeoutSeconds * 1000));
  log.info({baseUrl: settings.baseUrl, listen: settings.listen, tls: settings.tls.mode}, 'listening');
  // What takes a while to load: not before the server listens, and not with the first request.
  setImmediate(() => {
    authorizer
      .warmUp()
      .then(loadOperations)
      .catch((err: unknown) => log.error({err}, 'libraries could not be loaded'));
  });
  return {url: listeningUrl(settings, server.port), notices};
}

async function loadOperations(): Promise<ReadonlyMap<string, AnyAdminOperation>> {
  return (await import('./admin/operation-table.ts')).ADMIN_OPERATIONS;
}

async function openMetrics(
  settings: Settings,
  closing: AsyncDisposableStack,
  notices: string[],
): Promise<Metrics> {
  if (!settings.metricsListen) return NO_METRICS;
  const listener = await startMetricsListener(settings.metricsListen);
  closing.defer(() => listener.close());
  notices.push(`metrics on http://${listener.address.host}:${listener.address.port}/metrics`);
  return listener.metrics;
}

async function openCredentials(
  {tls, dataDir, baseUrl}: Settings,
  notices: string[],
): Promise<Credentials | undefined> {
  if (tls.mode === 'off') return undefined;
  if (tls.mode === 'files') return loadCredentials(tls);
  const {hostname} = new URL(baseUrl);
  const selfSigned = await loadSelfSigned(dataDir, {host: hostname.replace(/^\[|\]$/g, '')});
  notices.push(`TLS certificate, self-signed${selfSigned.made ? ' and new' : ''}: ${selfSigned.certPath}`);
  return selfSigned;
}

function rootNotices({storage, dataDir}: Settings, root: RootOfTrust): string[] {
  const uris = root.records().map(({uri}) => uri);
  const roots = `root of trust: ${uris.length > 0 ? uris.join(', ') : 'none yet'}`;
  return [
    `data directory: ${dataDir}`,
    `store: ${describeStorage(storage)}`,
    root.created ? `${roots}, made just now. Back it up: without it no key in the store can be used.` : roots,
    ...(root.isSealed()
      ? [
          uris.length > 0
            ? 'SEALED: every request is answered with 503 until shares were given to: webkms admin unseal'
            : 'SEALED: there is no root of trust yet; make it with: webkms admin init',
        ]
      : []),
  ];
}

async function checkKeyModules(keyModules: ReadonlyMap<string, KeyModule>): Promise<void> {
  await Promise.all([...new Set(keyModules.values())].map((module) => module.check()));
}

function listeningUrl({baseUrl, listen, tls}: Settings, port: number): string {
  const {port: basePort} = new URL(baseUrl);
  if (tls.mode !== 'off' && Number(basePort || 443) === port) return baseUrl;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${tls.mode === 'off' ? 'http' : 'https'}://${host}:${port}`;
}
