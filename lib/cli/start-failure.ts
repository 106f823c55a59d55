import type {Logger} from 'pino';
import type {Settings} from '../config/settings.ts';
import {errorCode} from '../error-code.ts';
import {InternalError} from '../errors.ts';
import {describeError} from '../observability/describe-error.ts';

const DEFECTS = [TypeError, RangeError, ReferenceError, SyntaxError, InternalError];
const LISTEN_CALLS: readonly string[] = ['listen', 'getaddrinfo', 'bind'];

/** Why the server did not start, and what to do about it, for the person who started it. */
export function startFailure(
  error: unknown,
  {listen, metricsListen}: Pick<Settings, 'listen' | 'metricsListen'>,
): string {
  if (error instanceof Error && errorCode(error) === 'ERR_DATA_DIRECTORY_IN_USE') {
    return `the server could not start: ${error.message} Another server runs on it, or a webkms admin command.`;
  }
  const failedPort = error instanceof Error && 'port' in error ? error.port : undefined;
  const isMetrics =
    metricsListen !== undefined && metricsListen.port === failedPort && listen.port !== failedPort;
  const {host, port} = isMetrics ? metricsListen : listen;
  const setting = isMetrics ? 'WEBKMS_METRICS_LISTEN' : 'WEBKMS_LISTEN';
  switch (listenCode(error) ?? '') {
    case 'EADDRINUSE':
      return `port ${port} is taken by another process; stop that, or set ${setting}${isMetrics ? '' : ' (and WEBKMS_BASE_URL)'}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; set ${setting}.`;
    case 'EACCES':
      return `this user may not listen on port ${port}; set ${setting} to a port above 1023.`;
    default:
      return `the server could not start: ${error instanceof Error ? error.message : 'an unknown failure'}`;
  }
}

/**
 * What the log says of it: where it happened only where that is of use, of what nobody foresaw, and at level debug. Who started the
 * server reads what is above.
 */
export function startFailureMembers(error: unknown, log: Logger): Readonly<Record<string, unknown>> {
  const isDefect = DEFECTS.some((type) => error instanceof type);
  return isDefect || log.isLevelEnabled('debug') ? {err: error} : {cause: describeError(error)};
}

/** The code of an error that came from listening or from looking up where to listen. */
function listenCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  // `bind`: where the primary process binds for its workers.
  return LISTEN_CALLS.includes(String(error.syscall)) ? String(error.code) : undefined;
}
