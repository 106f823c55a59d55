import type {AdminSocket} from './admin/admin-socket-server.ts';
import {
  acquireDataDirectoryLock,
  shareDataDirectory,
  type DataDirectoryLock,
} from './admin/data-directory-lock.ts';
import {takeVariable} from './config/environment-secrets.ts';
import type {Settings} from './config/settings.ts';
import {runChecks, type HealthCheck} from './http/health.ts';
import {createLimiter, type Limiter} from './http/rate-limit.ts';
import type {KeyManagementOptions} from './key-management.ts';
import {NO_METRICS, type Metrics} from './observability/metrics.ts';
import {metricsNotice, startMetricsListener} from './observability/metrics-listener.ts';
import type {LimiterName} from './processes/messages.ts';
import type {WorkerLink} from './processes/worker-link.ts';
import {forgetHanded} from './sealing/handed-roots.ts';
import type {RootOfTrust} from './sealing/root-of-trust.ts';
import {NO_SECRETS} from './sealing/secrets.ts';

/** What a process is to its server: all of it, or one of several workers. */
export interface ProcessRole {
  takeDataDirectory(): Promise<DataDirectoryLock>;
  openMetrics(closing: AsyncDisposableStack, notices: string[]): Promise<Metrics>;
  /** Opens with what is said of this process and of the others. */
  withOthers<T>(open: (options: Pick<KeyManagementOptions, 'worker' | 'prompt'>) => Promise<T>): Promise<T>;
  shareRoots(root: RootOfTrust): void;
  limiter(name: LimiterName): Limiter;
  /** @returns all that must be well, of what is this process's own */
  healthChecks(own: readonly HealthCheck[]): readonly HealthCheck[];
  /** Opens it when it is this process's turn. */
  openAdminSocket(open: () => Promise<AdminSocket>): Promise<AdminSocket>;
  /** Of this process; rounded up where the server's do not divide. */
  readonly maxConnections: number;
  /** Absent where the process is all of the server. */
  readonly workers?: WorkerLink['workers'];
  readonly worker?: WorkerLink;
}

export function wholeServer(settings: Settings): ProcessRole {
  const {dataDir, metricsListen, rateLimit, maxConnections} = settings;
  return {
    maxConnections,
    takeDataDirectory: () => acquireDataDirectoryLock(dataDir),
    openMetrics: async (closing, notices) => {
      if (!metricsListen) return NO_METRICS;
      const metrics = await createMetrics();
      const listener = await startMetricsListener(metricsListen, metrics);
      closing.defer(() => listener.close());
      notices.push(metricsNotice(listener.address));
      return metrics;
    },
    withOthers: (open) => open({}),
    shareRoots: () => undefined,
    limiter: (name) => createLimiter({rate: rateLimit[name]}),
    healthChecks: (own) => own,
    openAdminSocket: (open) => open(),
  };
}

export function workerOf(link: WorkerLink, settings: Settings): ProcessRole {
  const {number, workers, isFirst} = link.start;
  const {dataDir, metricsListen, rateLimit} = settings;
  return {
    maxConnections: Math.ceil(settings.maxConnections / workers),
    workers: () => link.workers(),
    worker: link,
    takeDataDirectory: async () => shareDataDirectory(dataDir),
    openMetrics: async (closing) => {
      if (!metricsListen) return NO_METRICS;
      const metrics = await createMetrics();
      closing.defer(link.shareMetrics(metrics));
      return metrics;
    },
    withOthers: async (open) => {
      const from = await link.rootsOfOthers();
      try {
        return await open({
          worker: {number, from},
          // Later workers have nobody at a terminal.
          ...(!isFirst && {prompt: (question: string) => NO_SECRETS.prompt(question)}),
        });
      } finally {
        forgetHanded(from.roots);
        // As who reads a variable removes it, so does who needs it no more.
        for (const {uri} of from.roots)
          if (uri.startsWith('env:')) takeVariable(uri.slice('env:'.length))?.fill(0);
      }
    },
    shareRoots: (root) => link.shareRoots(root),
    limiter: (name) => {
      const rate = rateLimit[name];
      return rate ? link.limiter(name, rate) : createLimiter({rate});
    },
    healthChecks: (own) => {
      const isReady = async (): Promise<boolean> => (await runChecks(own, () => undefined)).length === 0;
      return [...own, {name: 'workers', check: link.shareReadiness(isReady)}];
    },
    openAdminSocket: async (open) => {
      let opening: Promise<AdminSocket> | undefined;
      let isOver = false;
      link.on('lead', async () => {
        if (isOver) throw new Error('The worker is about to end.');
        opening ??= open();
        await opening.catch((error: unknown) => {
          opening = undefined;
          throw error;
        });
      });
      const opened = async (): Promise<AdminSocket | undefined> => {
        isOver = true;
        return opening?.catch(() => undefined);
      };
      return {
        retire: async () => (await opened())?.retire(),
        close: async () => (await opened())?.close(),
      };
    },
  };
}

/** Loaded only where metrics are on: it costs a fifth of the time to start. */
async function createMetrics() {
  const {PrometheusMetrics} = await import('./observability/prometheus-metrics.ts');
  return new PrometheusMetrics();
}
