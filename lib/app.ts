import {mkdir} from 'node:fs/promises';
import type {Logger} from 'pino';
import {takeVariable} from './config/environment-secrets.ts';
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
import type {KeyModule} from './key-modules/key-module.ts';
import {SoftwareKeyModule} from './key-modules/software/software-key-module.ts';
import {NO_METRICS, type Metrics} from './observability/metrics.ts';
import {startMetricsListener} from './observability/metrics-listener.ts';
import {KeyHierarchy} from './sealing/key-hierarchy/key-hierarchy.ts';
import {openRootOfTrust} from './sealing/root-of-trust.ts';
import {promptSecret} from './sealing/wrappers/terminal-prompt.ts';
import {SqliteStores} from './storage/sqlite/sqlite-stores.ts';
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

/**
 * The composition root: settings → stores, wrappers, key modules → a listening server. Where anything on the way fails, what
 * was opened before is closed again, and nothing listens.
 */
export async function startServer(settings: Settings, {log}: {readonly log: Logger}): Promise<RunningServer> {
  const closing = new AsyncDisposableStack();
  try {
    const server = await compose(settings, log, closing);
    return {...server, close: () => closing.disposeAsync()};
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

async function compose(
  settings: Settings,
  log: Logger,
  closing: AsyncDisposableStack,
): Promise<Pick<RunningServer, 'url' | 'notices'>> {
  const notices: string[] = [];
  await mkdir(settings.dataDir, {recursive: true, mode: 0o700});
  const metrics = await openMetrics(settings, closing, notices);

  const stores = await SqliteStores.open({path: settings.storage.path});
  closing.defer(() => stores.close());
  const root = await openRootOfTrust({
    store: stores.keyHierarchy,
    seedUri: settings.rootWrapper,
    secretSource: {takeVariable, prompt: promptSecret},
    log,
  });
  const hierarchy = new KeyHierarchy({store: stores.keyHierarchy, rootWrappers: root.rootWrappers});
  closing.defer(() => hierarchy.close());
  notices.push(...rootNotices(settings, root.created));
  const software = new SoftwareKeyModule({wrappers: hierarchy, onCache: (hit) => metrics.cache('keys', hit)});
  closing.defer(() => software.close());

  const authorizer = new ZcapAuthorizer({
    resolver: createDidResolver({
      ...(settings.didWeb && {didWeb: {enabled: true, ports: settings.didWeb.ports}}),
      onCache: (cache, outcome) => metrics.cache(cache, outcome === 'hit'),
    }),
    revocations: stores.revocations,
    replays: stores.replays,
    limitInvoker: (did) => invokerLimiter.limit(did),
    maxDelegationTtlMs: settings.maxDelegationTtlSeconds * 1000,
    onCache: (hit) => metrics.cache('capabilities', hit),
  });
  const invokerLimiter = createInvokerLimiter({rate: settings.rateLimit.invoker});
  const lifecycle = new Lifecycle();
  const hsts = settings.tls.mode === 'files';
  const app = createApp({
    endpoints: createKmsEndpoints({
      baseUrl: settings.baseUrl,
      stores,
      authorizer,
      keyModules: offeredModules(settings, software),
      keystoreCreation: settings.keystoreCreation,
      keyDescriptions: settings.keyDescriptions,
      quotas: settings.quotas,
    }),
    healthChecks: [
      {name: 'store', check: () => stores.ping()},
      {name: 'root-of-trust', check: () => hierarchy.check()},
      {name: 'key-module', check: () => software.check()},
    ],
    addressLimiter: createAddressLimiter({rate: settings.rateLimit.address}),
    clientAddress: createClientAddressReader(settings.trustedProxies),
    lifecycle,
    log,
    metrics,
    hsts,
  });
  closing.defer(startHousekeeping(stores, log));

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
  // The verifier libraries take a while to load: not before the server listens, and not with the first request.
  setImmediate(
    () =>
      void authorizer
        .warmUp()
        .catch((err: unknown) => log.error({err}, 'the verifier libraries could not be loaded')),
  );
  return {url: listeningUrl(settings, server.port), notices};
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

function rootNotices({rootWrapper, storage, dataDir}: Settings, created: boolean): string[] {
  return [
    `data directory: ${dataDir}`,
    `store: ${storage.kind}:${storage.path}`,
    created
      ? `root of trust: ${rootWrapper}, made just now. Back it up: without it no key in the store can be used.`
      : `root of trust: ${rootWrapper}`,
  ];
}

/** Modules by the names that keystores use; `ssm-v1` is what existing clients ask for. */
function offeredModules({keyModules}: Settings, software: KeyModule): ReadonlyMap<string, KeyModule> {
  const names = keyModules.flatMap((name) => (name === 'software' ? ['software', 'ssm-v1'] : []));
  return new Map(names.map((name) => [name, software]));
}

function listeningUrl({baseUrl, listen, tls}: Settings, port: number): string {
  const {port: basePort} = new URL(baseUrl);
  if (tls.mode !== 'off' && Number(basePort || 443) === port) return baseUrl;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${tls.mode === 'off' ? 'http' : 'https'}://${host}:${port}`;
}
