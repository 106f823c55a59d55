import type {Logger} from 'pino';
import {RateLimitError, type KmsError} from '../errors.ts';
import {infoLines} from '../observability/info-line.ts';
import type {Metrics} from '../observability/metrics.ts';
import {describeRefusal, nameRefusal, refusalReason} from '../observability/refusal.ts';
import type {Admitted} from './ipc-admission.ts';

/** What a call was for, as far as that was read. */
export interface Asked {
  /** A capability's action. */
  action?: string;
  /** Local id. */
  key?: string | undefined;
}

/** What is known of a call when it has been answered. Nothing of what was given and answered. */
export interface CallRecord extends Admitted {
  readonly asked: Asked;
  readonly seconds: number;
  readonly error: KmsError | undefined;
}

/** One line and one count for every call that was answered, as of requests over HTTP. */
export type RecordCall = (record: CallRecord) => void;

const MESSAGE = 'IPC call';

export function callRecorder({log, metrics}: {readonly log: Logger; readonly metrics: Metrics}): RecordCall {
  const writeInfo = infoLines(log);
  return ({client, manifest, asked, seconds, error}) => {
    const {action = 'none', key} = asked;
    metrics.ipcCall(action, error ? refusalReason(error) : 'done', seconds);
    const line = {
      client: client.name,
      build: manifest?.id,
      keystore: client.keystoreId,
      key,
      action,
      outcome: outcomeOf(error),
      ms: Math.round(seconds * 1e6) / 1e3,
    };
    const level = levelOf(error);
    const isBrief = level === 'info' && !(error && log.isLevelEnabled('debug'));
    if (isBrief) writeInfo({...line, ...(error && nameRefusal(error)), msg: MESSAGE});
    else if (log.isLevelEnabled(level))
      log[level](error ? {...line, ...describeRefusal(error, log)} : line, MESSAGE);
  };
}

function outcomeOf(error: KmsError | undefined): 'done' | 'refused' | 'failed' {
  if (!error) return 'done';
  return error.status < 500 ? 'refused' : 'failed';
}

function levelOf(error: KmsError | undefined): 'error' | 'warn' | 'info' | 'debug' {
  if (!error) return 'info';
  if (error.status === 503) return 'warn';
  if (error.status >= 500) return 'error';
  // A flood must not become a flood of lines: metrics count it.
  return error instanceof RateLimitError ? 'debug' : 'info';
}
