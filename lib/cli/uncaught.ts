import type {Logger} from 'pino';
import {workerAtWork} from '../processes/workers-doing.ts';

/** What is needed of `process`. */
interface ErrorSource {
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code: number): never;
}

/**
 * What nobody caught ends the process, as it would anyway; but by way of the log, which leaves out what errors carry.
 * Node would print them with all their members. (A rejection that nobody handled comes here too.) Where it is what a worker has
 * said, as Node throws what is no message, that worker is ended and nothing else.
 */
export function exitOnUncaught(source: ErrorSource, log: Logger): void {
  source.on('uncaughtException', (err) => {
    const worker = workerAtWork();
    if (worker) {
      log.error({err, worker: worker.number}, 'a worker has said what none says: it is ended');
      worker.kill();
      return;
    }
    log.fatal({err}, 'uncaught error');
    source.exit(1);
  });
}
