import type {Logger} from 'pino';
import {RateLimitError, type KmsError} from '../errors.ts';
import {infoLines} from '../observability/info-line.ts';
import type {Metrics} from '../observability/metrics.ts';
import {describeRefusal, nameRefusal, refusalReason} from '../observability/refusal.ts';
import type {Delegation} from './endpoint.ts';

/** What is known of who asked, for what, and by what authority: as far as it was verified. */
export interface NotedRequest {
  readonly invoker: string | undefined;
  readonly action: string | undefined;
  readonly delegation: Delegation | undefined;
}

/** What is known of a request when it has been answered. Nothing of its headers or body. */
export interface RequestRecord {
  readonly requestId: string;
  readonly method: string;
  /** The route's name, or `none`. */
  readonly route: string;
  /** The target without its query. */
  readonly path: string;
  readonly address: string;
  /** What its endpoint has noted. */
  readonly request: NotedRequest | undefined;
  readonly status: number;
  readonly seconds: number;
  readonly error: KmsError | undefined;
}

const MAX_PATH_LENGTH = 256;
const MAX_ID_LENGTH = 256;
const MESSAGE = 'request';

/** One line and one count for every request that was answered. */
export type RecordRequest = (record: RequestRecord) => void;

export function requestRecorder({log, metrics}: {log: Logger; metrics: Metrics}): RecordRequest {
  const writeInfo = infoLines(log);
  return (record) => {
    const {error, route, status, seconds, request} = record;
    metrics.request(route, status, seconds);
    if (error) metrics.refusal(refusalReason(error));
    const line = {
      requestId: record.requestId,
      method: record.method,
      route,
      path: record.path.slice(0, MAX_PATH_LENGTH),
      status,
      ms: Math.round(seconds * 1e6) / 1e3,
      address: record.address,
      invoker: request?.invoker,
      action: request?.action,
      capability: request?.delegation?.capabilityId.slice(0, MAX_ID_LENGTH),
      authority: request?.delegation?.authority,
    };
    const level = logLevel(record);
    const isBrief = level === 'info' && !(error && log.isLevelEnabled('debug'));
    if (isBrief) writeInfo({...line, ...(error && nameRefusal(error)), msg: MESSAGE});
    else if (log.isLevelEnabled(level))
      log[level](error ? {...line, ...describeRefusal(error, log)} : line, MESSAGE);
  };
}

function logLevel({status, route, error}: RequestRecord): 'error' | 'warn' | 'info' | 'debug' {
  if (status === 503) return 'warn';
  if (status >= 500) return 'error';
  // A flood must not become a flood of lines: metrics count it.
  if (error instanceof RateLimitError) return 'debug';
  // Load balancers ask every second.
  return (route === 'live' || route === 'ready') && status < 400 ? 'debug' : 'info';
}
