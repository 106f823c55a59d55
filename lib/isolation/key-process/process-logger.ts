import type {Logger} from 'pino';
import {createLogger} from '../../observability/logger.ts';
import type {HttpProcess} from '../protocol/key-process-methods.ts';

/** A logger whose lines the HTTP process writes where its own go: this process has no file to write. */
export function processLogger(level: string, http: Pick<HttpProcess, 'log'>, worker?: number): Logger {
  const write = (line: string): void => {
    http.log(line).catch(() => {
      // Nobody is left who could be told.
      process.stderr.write(line);
    });
  };
  return createLogger({level, stream: {write}}).child({
    ...(worker !== undefined && {worker}),
    process: 'keys',
  });
}
