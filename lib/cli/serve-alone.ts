import type {Logger} from 'pino';
import type {startServer} from '../app.ts';
import type {Settings} from '../config/settings.ts';
import {reopenLogFile} from '../observability/logger.ts';
import type {SelfCheck} from '../self-check/self-check.ts';
import {EXIT_FAILURE, type Terminal} from './command.ts';
import {keepHeapSmall} from './keep-heap-small.ts';
import {onReloadSignal} from './reload-signal.ts';
import {whatNext} from './serve-notices.ts';
import {shutdownSignal} from './shutdown-signal.ts';
import {startFailure, startFailureMembers} from './start-failure.ts';

/** Runs the server as this one process, until it is told to stop. @returns the exit code */
export async function serveAlone(
  settings: Settings,
  {
    log,
    terminal,
    start,
    selfCheck,
  }: {
    readonly log: Logger;
    readonly terminal: Terminal;
    readonly start: typeof startServer;
    readonly selfCheck: SelfCheck;
  },
): Promise<number> {
  let server;
  try {
    server = await start(settings, {log, selfCheck});
  } catch (error) {
    log.fatal(startFailureMembers(error, log), 'the server could not start');
    terminal.err(`webkms: ${startFailure(error, settings)}`);
    return EXIT_FAILURE;
  }
  keepHeapSmall();
  const {url} = server;
  for (const notice of server.notices) terminal.out(notice);
  const stop = shutdownSignal(process);
  onReloadSignal(process, () => {
    reopenLogFile(log);
    server.renew().then(
      () => log.info('the certificate and the log were opened again'),
      (err: unknown) =>
        log.error({err}, 'the certificate cannot be renewed: the server goes on with the one it has'),
    );
  });
  terminal.out(`listening on ${url}`);
  for (const line of whatNext(url, settings)) terminal.out(line);
  const signal = await stop;
  log.info({signal}, 'draining');
  await server.close();
  log.info('stopped');
  return 0;
}
