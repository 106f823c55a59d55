import {BackupError} from '../backup/backup-error.ts';
import {InternalError, KmsError, NotFoundError} from '../errors.ts';
import {RootOfTrustError} from '../sealing/root-of-trust-error.ts';
import {
  InvalidParameterError,
  InvalidSchemaError,
  InvalidVersionError,
  KeyInUseError,
  KeyNotFoundError,
  MultipleRecordsError,
  SealedError,
} from '../sealing/sealing-errors.ts';
import {AdminError, type AdminReason} from './admin-operation.ts';

/** Errors of which the message is written for the operator. */
const REASONS: readonly (readonly [abstract new (...args: never) => Error, AdminReason])[] = [
  [SealedError, 'sealed'],
  [RootOfTrustError, 'refused'],
  [BackupError, 'refused'],
  [KeyNotFoundError, 'not-found'],
  [KeyInUseError, 'refused'],
  [InvalidParameterError, 'invalid'],
  [InvalidVersionError, 'invalid'],
  [InvalidSchemaError, 'refused'],
  [MultipleRecordsError, 'failed'],
  [NotFoundError, 'not-found'],
];

/** What the operator is told of an operation that failed; the rest, which may hold anything, is for the log. */
export function adminFailure(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (!(error instanceof Error)) return unexpected(error);
  if (error instanceof RootOfTrustError && error.reason === 'bad-setting')
    return new AdminError('invalid', error.message, {cause: error});
  const [, reason] = REASONS.find(([type]) => error instanceof type) ?? [];
  if (reason !== undefined) return new AdminError(reason, error.message, {cause: error});
  if (error instanceof KmsError && !(error instanceof InternalError)) {
    return new AdminError(error.status >= 500 ? 'failed' : 'refused', error.message, {cause: error});
  }
  return unexpected(error);
}

function unexpected(cause: unknown): AdminError {
  return new AdminError('failed', 'It failed for a reason that was not foreseen. The log has it.', {cause});
}
