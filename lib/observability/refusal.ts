import type {Logger} from 'pino';
import {NotAllowedError, UnavailableError, type KmsError} from '../errors.ts';
import {describeError} from './describe-error.ts';

/** A constant word that says why something was refused. */
export function refusalReason(error: KmsError): string {
  return error instanceof NotAllowedError ? error.reason : error.code;
}

/** In constant words. */
export function nameRefusal(error: KmsError): {readonly code: string; readonly reason: string} {
  return {code: error.code, reason: refusalReason(error)};
}

/**
 * Why, for the operator: what a client's request failed on only at level debug, our own failures always. While the store is
 * away every request fails: it is said why, and only at level debug where.
 */
export function describeRefusal(error: KmsError, log: Logger): Record<string, unknown> {
  const base = nameRefusal(error);
  const isDebug = log.isLevelEnabled('debug');
  const isOurs = error.status >= 500;
  if (isOurs && (isDebug || !(error instanceof UnavailableError))) return {...base, err: error};
  const why = error.publicCause?.message ?? error.message;
  return {...base, why, ...(error.cause !== undefined && {cause: describeError(error.cause)})};
}
