import {mkdir} from 'node:fs/promises';
import type {Logger} from 'pino';
import {assertOwnersDirectory} from './admin/admin-socket-path.ts';
import type {AnyAdminOperation} from './admin/execute-operation.ts';
import type {Settings} from './config/settings.ts';
import {createClientAddressReader} from './http/client-address.ts';
import {createApp} from './http/create-app.ts';
import {createKmsEndpoints} from './http/endpoints/kms-endpoints.ts';
import {HttpServer} from './http/http-server.ts';
import {Lifecycle} from './http/lifecycle.ts';
import {connectionLimits} from './http/limits.ts';
import {addressBlock, byAddressBlock} from './http/rate-limit.ts';
import {expiryWarning, loadCredentials, loadSelfSigned, type Credentials} from './http/tls.ts';
import {startHousekeeping} from './housekeeping.ts';
import {openLocalSockets} from './local-sockets.ts';
import {wholeServer, workerOf} from './process-role.ts';
import type {WorkerLink} from './processes/worker-link.ts';
import {SelfCheck} from './self-check/self-check.ts';
import {openKeysHere, type ServedKeys, type ServedKeysOptions} from './served-keys.ts';
import {listeningUrl} from './start-notices.ts';
import {compileChecks} from './validation/create-validator.ts';
import {watchProgram} from './watch-program.ts';
import {createDidResolver} from './zcap/did/did-resolver.ts';
import {ZcapAuthorizer} from './zcap/zcap-authorizer.ts';

/** A server that is listening. */
export interface RunningServer {
  /** Where it listens; the public origin, unless that is a proxy's. */
  readonly url: string;
  /** Lines for the person who started it. */
  readonly notices: readonly string[];
  /** Reads the files of the certificate again, and has new connections begin with it. @throws Error; then all is as before */
  renew(): Promise<void>;
  /** Takes no more connections and does nothing by itself any more, as another worker takes its place. */
  retire(): Promise<void>;
  /** After `retire`: resolves when all connections have ended by themselves, or after the longest time that they may take. */
  left(): Promise<void>;
  /** Drains, and releases everything. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly log: Logger;
  /** The server's time, but that of the system's own affairs: milliseconds since the epoch. Default: the system's */
  readonly clock?: () => number;
  /** How often it is looked for keys that are due. Default: about every minute */
  readonly keysEveryMs?: number;
  /** Where this process is one of several. */
  readonly worker?: WorkerLink;
  /** Of the program: where `enforce` is set, it was done. Default: it is done here */
  readonly selfCheck?: SelfCheck;
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
  {log, clock = () => Date.now(), keysEveryMs, worker, ...given}: ServerOptions,
  closing: AsyncDisposableStack,
): Promise<Omit<RunningServer, 'close'>> {
  const notices: string[] = [];
  const selfCheck = given.selfCheck ?? new SelfCheck(settings.selfCheck);
  if (!given.selfCheck && settings.selfCheck.mode === 'enforce') await selfCheck.enforce();
  closing.defer(() => selfCheck.close());
  const role = worker ? workerOf(worker, settings) : wholeServer(settings);
  await mkdir(settings.dataDir, {recursive: true, mode: 0o700});
  // Before anything is made in it.
  await assertOwnersDirectory(settings.dataDir);
  const lock = await role.takeDataDirectory();
  closing.defer(() => lock.release());
  const metrics = await role.openMetrics(closing, notices);

  const keys = await openKeys(settings, {log, closing, metrics, clock, role, selfCheck});
  const {requestStores: stores, keyModules, keyService, nodeLeases} = keys;
  notices.push(...keys.notices);

  const resolver = createDidResolver({
    ...(settings.didWeb && {didWeb: {enabled: true, ports: settings.didWeb.ports}}),
    onCache: (cache, outcome) => metrics.cache(cache, outcome === 'hit'),
    now: clock,
  });
  const authorizer = new ZcapAuthorizer({
    resolver,
    replays: stores.replays,
    limitInvoker: (did) => invokerLimiter.limit(did),
    addressBlock,
    maxDelegationTtlMs: settings.maxDelegationTtlSeconds * 1000,
    onCache: (hit) => metrics.cache('capabilities', hit),
    now: () => Math.floor(clock() / 1000),
  });
  const invokerLimiter = role.limiter('invoker');
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
      assertUsable: () => keys.assertUsable(),
      now: clock,
    }),
    healthChecks: role.healthChecks([{name: 'store', check: () => stores.ping()}, ...keys.healthChecks]),
    addressLimiter: byAddressBlock(role.limiter('address')),
    clientAddress: createClientAddressReader(settings.trustedProxies),
    lifecycle,
    log,
    metrics,
    hsts,
  });
  const stopHousekeeping = startHousekeeping(keys.stores, {
    log,
    mayRun: (...round) => nodeLeases.mayRun(...round),
  });
  const stopBackgroundWork = once(keys.startWork({keysEveryMs}));
  const stopWork = async (): Promise<void> => {
    stopHousekeeping();
    await stopBackgroundWork();
  };
  closing.defer(stopWork);
  const adminSocket = await role.openAdminSocket(() => {
    // One process for all.
    watchProgram(selfCheck, {log, metrics});
    const limitInvoker = (did: string): Promise<void> => invokerLimiter.limit(did);
    const takesOver = worker !== undefined && !worker.start.isFirst;
    const options = {keys, log, metrics, loadOperations, resolver, limitInvoker, clock, takesOver};
    return openLocalSockets(settings, options);
  });
  closing.defer(() => adminSocket.close());

  const limits = connectionLimits({...settings, maxConnections: role.maxConnections});
  const credentials = await openCredentials(settings, {log, notices});
  const server = await HttpServer.start({
    app,
    listen: settings.listen,
    credentials,
    limits,
    lifecycle,
    log,
    metrics,
    hsts,
  });
  closing.defer(() => server.drain(settings.shutdownTimeoutSeconds * 1000));
  const {baseUrl, listen, tls} = settings;
  const {digest} = await selfCheck.report();
  log.info({baseUrl, listen, tls: tls.mode, ...(digest !== undefined && {program: digest})}, 'listening');
  // What takes a while to load: not before the server listens, and not with the first request.
  setImmediate(() => {
    authorizer
      .warmUp()
      .then(loadOperations)
      .then(compileChecks)
      .catch((err: unknown) => log.error({err}, 'libraries could not be loaded'));
  });
  return {
    url: listeningUrl(settings, server.port),
    notices,
    renew: async () => {
      const renewed = await openCredentials(settings, {log, notices: []});
      if (renewed) server.renew(renewed);
    },
    retire: async () => {
      server.retire();
      await adminSocket.retire();
      await stopWork();
    },
    left: () => server.left(limits.keepAliveTimeoutMs + limits.requestTimeoutMs),
  };
}

/** Only what is used is loaded. */
async function openKeys(settings: Settings, options: ServedKeysOptions): Promise<ServedKeys> {
  if (settings.isolation === 'none') return openKeysHere(settings, options);
  const {openKeysIsolated} = await import('./isolated-keys.ts');
  return openKeysIsolated(settings, options);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

async function loadOperations(): Promise<ReadonlyMap<string, AnyAdminOperation>> {
  return (await import('./admin/operation-table.ts')).ADMIN_OPERATIONS;
}

async function openCredentials(
  {tls, dataDir, baseUrl}: Settings,
  {log, notices}: {readonly log: Logger; readonly notices: string[]},
): Promise<Credentials | undefined> {
  if (tls.mode === 'off') return undefined;
  if (tls.mode === 'files') {
    const credentials = await loadCredentials(tls);
    const warning = expiryWarning(credentials.cert);
    if (warning !== undefined) {
      log.warn(warning);
      notices.push(`Attention: ${warning}`);
    }
    return credentials;
  }
  const {hostname} = new URL(baseUrl);
  const selfSigned = await loadSelfSigned(dataDir, {host: hostname.replace(/^\[|\]$/g, '')});
  notices.push(`TLS certificate, self-signed${selfSigned.made ? ' and new' : ''}: ${selfSigned.certPath}`);
  return selfSigned;
}
