import {closeSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import type {Logger} from 'pino';
import {assertOwnersDirectory} from '../admin/admin-socket-path.ts';
import {acquireDataDirectoryLock} from '../admin/data-directory-lock.ts';
import type {Settings} from '../config/settings.ts';
import {reopenLogFile} from '../observability/logger.ts';
import {metricsNotice, startMetricsListener} from '../observability/metrics-listener.ts';
import {Primary} from '../processes/primary.ts';
import {WorkerRoots} from '../processes/worker-roots.ts';
import {EXIT_FAILURE, type Terminal} from './command.ts';
import {onReloadSignal} from './reload-signal.ts';
import {whatNext} from './serve-notices.ts';
import {shutdownSignal} from './shutdown-signal.ts';
import {startFailure, startFailureMembers} from './start-failure.ts';

export interface ServeOptions {
  readonly log: Logger;
  readonly terminal: Terminal;
  /** What the settings were loaded from. */
  readonly texts: Readonly<Record<string, string>>;
  /** The launcher, which workers run, too. */
  readonly launcher: string;
}

interface StartedPrimary {
  readonly primary: Primary;
  /** Ends all other processes at once. */
  readonly kill: () => void;
  readonly lines: readonly string[];
}

/** Runs the server as several processes, of which this is the primary, until it is told to stop. @returns the exit code */
export async function servePrimary(settings: Settings, options: ServeOptions): Promise<number> {
  const {log, terminal} = options;
  await using closing = new AsyncDisposableStack();
  let started;
  try {
    started = await startPrimary(settings, options, closing);
  } catch (error) {
    log.fatal(startFailureMembers(error, log), 'the server could not start');
    terminal.err(
      `webkms: ${error instanceof Error && error.name === 'WorkerStartError' ? error.message : startFailure(error, settings)}`,
    );
    return EXIT_FAILURE;
  }
  const {primary, kill, lines} = started;
  const stop = shutdownSignal({
    on: (signal, listener) => process.on(signal, listener),
    exit: (code) => {
      kill();
      process.exit(code);
    },
  });
  onReloadSignal(process, () => {
    reopenLogFile(log);
    void primary.restart();
  });
  // Who reads that the server listens may send it signals.
  for (const line of lines) terminal.out(line);
  const outcome = await Promise.race([stop, primary.gaveUp]);
  if (typeof outcome !== 'string') {
    log.fatal({err: outcome}, 'no worker can be begun any more');
    terminal.err(`webkms: no worker can be begun any more: ${outcome.message}`);
    return EXIT_FAILURE;
  }
  log.info({signal: outcome}, 'draining');
  await closing.disposeAsync();
  log.info('stopped');
  return 0;
}

async function startPrimary(
  settings: Settings,
  {log, texts, launcher}: ServeOptions,
  closing: AsyncDisposableStack,
): Promise<StartedPrimary> {
  const {dataDir, metricsListen, rootWrapper, isolation} = settings;
  process.title = 'webkms primary';
  await mkdir(dataDir, {recursive: true, mode: 0o700});
  await assertOwnersDirectory(dataDir);
  const lock = await acquireDataDirectoryLock(dataDir);
  closing.defer(() => lock.release());
  const metrics = metricsListen && (await import('../processes/worker-metrics.ts')).WorkerMetrics;
  const [, digits] = /^passphrase:fd=([0-9]+)$/.exec(rootWrapper) ?? [];
  const descriptor = digits === undefined ? undefined : Number(digits);
  const KeyProcesses =
    isolation === 'process' && (await import('../isolation/primary-side/key-processes.ts')).KeyProcesses;
  const keyProcesses = KeyProcesses && new KeyProcesses({settings, log, status: () => primary.status()});
  const primary: Primary = new Primary({
    settings,
    log,
    roots: keyProcesses || new WorkerRoots(log),
    fork: {exec: launcher, texts, descriptor},
    metrics: metrics && ((workers) => new metrics(workers, log)),
  });
  const notices: string[] = [];
  if (metricsListen && primary.metrics) {
    const listener = await startMetricsListener(metricsListen, primary.metrics);
    closing.defer(() => listener.close());
    notices.push(metricsNotice(listener.address));
  }
  if (keyProcesses) closing.defer(() => keyProcesses.ended());
  const listening = await primary.start();
  closing.defer(() => primary.stop());
  // The first worker has read it.
  if (descriptor !== undefined && descriptor > 2) closeQuietly(descriptor);
  const {url} = listening;
  const kill = (): void => {
    primary.kill();
    if (keyProcesses) keyProcesses.kill();
  };
  return {
    primary,
    kill,
    lines: [...notices, ...listening.notices, `listening on ${url}`, ...whatNext(url, settings)],
  };
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // It was never there, and the first worker opened the store by another root.
  }
}
