import type {Logger} from 'pino';

/** What is needed of `process`. */
interface ErrorSource {
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code: number): never;
}

/**
 * What nobody caught ends the process, as it would anyway; but by way of the log, which leaves out what errors carry.
 * Node would print them with all their members. (A rejection that nobody handled comes here too.)
 */
export function exitOnUncaught(source: ErrorSource, log: Logger): void {
  source.on('uncaughtException', (err) => {
    log.fatal({err}, 'uncaught error');
    source.exit(1);
  });
}
