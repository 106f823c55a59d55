import {AdminError} from '../../admin/admin-operation.ts';
import {BackupError, type BackupReason} from '../../backup/backup-error.ts';
import {
  DuplicateError,
  HeadersTooLargeError,
  InternalError,
  InvalidStateError,
  KeyPolicyError,
  KeySequenceError,
  KeyStateError,
  KeystoreSequenceError,
  type KmsError,
  MalformedRequestError,
  MethodNotAllowedError,
  NotAllowedError,
  NotFoundError,
  NotSupportedError,
  OperationFailedError,
  OutcomeUnknownError,
  PayloadTooLargeError,
  QuotaExceededError,
  RateLimitError,
  RequestTimeoutError,
  SourceAddressError,
  UnavailableError,
  UnsupportedMediaTypeError,
  UrlMismatchError,
  ValidationError,
  type PublicCause,
} from '../../errors.ts';
import {AnchorError} from '../../integrity/anchor-lines.ts';
import {SealedError} from '../../sealing/sealing-errors.ts';
import {
  InvalidSchemaError,
  KeyInUseError,
  KeyNotFoundError,
  RootsChangedError,
} from '../../storage/key-errors.ts';
import {KeyProcessStartError} from './key-process-start-error.ts';
import {anyObject, integer, object, optional, text} from './shape.ts';

/** An error, as it goes from process to process. What clients may see, and texts for the log. */
export interface Failure {
  readonly kind: string;
  readonly message: string;
  /** For the log. */
  readonly cause?: string;
  readonly details?: object;
  readonly publicCause?: object;
  /** Of errors that have more kinds than classes. */
  readonly reason?: string;
  readonly retryAfterSeconds?: number;
}

export const failure = object<Failure>({
  kind: text,
  message: text,
  cause: optional(text),
  details: optional(anyObject),
  publicCause: optional(anyObject),
  reason: optional(text),
  retryAfterSeconds: optional(integer),
});

/** What happened in the other process, where only the log is told. */
export class OtherProcessError extends Error {
  override readonly name = 'OtherProcessError';
  readonly code = 'ERR_OTHER_PROCESS';
}

interface Parts {
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly publicCause?: PublicCause;
  readonly cause?: OtherProcessError;
}

type Plain = new (message: string, options: Omit<Parts, 'message'>) => Error;

const PLAIN: Readonly<Record<string, Plain>> = {
  AnchorError,
  DuplicateError,
  HeadersTooLargeError,
  InvalidSchemaError,
  InvalidStateError,
  KeyInUseError,
  KeyNotFoundError,
  KeySequenceError,
  KeyStateError,
  KeystoreSequenceError,
  MalformedRequestError,
  NotFoundError,
  NotSupportedError,
  OperationFailedError,
  OutcomeUnknownError,
  PayloadTooLargeError,
  QuotaExceededError,
  RequestTimeoutError,
  RootsChangedError,
  UnavailableError,
  UnsupportedMediaTypeError,
  UrlMismatchError,
};

type Revive = (parts: Parts, failure: Failure) => Error;

/** By the name of the class. */
const REVIVED: ReadonlyMap<string, Revive> = new Map<string, Revive>([
  ...Object.entries(PLAIN).map(([name, type]): [string, Revive] => [
    name,
    ({message, ...options}) => new type(message, options),
  ]),
  ['SealedError', () => new SealedError()],
  ['SourceAddressError', () => new SourceAddressError()],
  ['MethodNotAllowedError', (_, {reason = ''}) => new MethodNotAllowedError(reason.split(', '))],
  ['KeyPolicyError', ({message, details}) => new KeyPolicyError(String(details?.['policy']), message)],
  ['RateLimitError', (_, {retryAfterSeconds = 1}) => new RateLimitError(retryAfterSeconds)],
  ['NotAllowedError', (parts, {reason = 'key-process'}) => reviveNotAllowed(parts, reason)],
  ['ValidationError', reviveValidation],
  [
    'KeyProcessStartError',
    ({message, cause}, {reason}) =>
      new KeyProcessStartError(message, {cause, reason: reason === 'root-of-trust' ? reason : 'other'}),
  ],
  ['AdminError', ({message, cause}, {reason}) => new AdminError(adminCode(reason), message, {cause})],
  ['BackupError', ({message, cause}) => new BackupError(ROOTS_CHANGED, message, {cause})],
]);

/** The one thing that the key process finds wrong with backups. */
const ROOTS_CHANGED: BackupReason = 'roots-changed';

const ADMIN_CODES: readonly AdminError['code'][] = ['invalid', 'refused', 'not-found', 'sealed', 'failed'];

function adminCode(reason: string | undefined): AdminError['code'] {
  return ADMIN_CODES.find((code) => code === reason) ?? 'failed';
}

function reviveNotAllowed({publicCause, cause}: Parts, reason: string): NotAllowedError {
  const details = publicCause?.details;
  return new NotAllowedError(reason, publicCause?.message ?? 'Not allowed.', {
    cause,
    ...(details && {details}),
  });
}

function reviveValidation({details}: Parts, {reason = ''}: Failure): Error {
  const errors = details?.['errors'];
  // What the other process has not made of a schema's refusals is none.
  return new ValidationError(reason, Array.isArray(errors) ? errors : []);
}

const CAUSES = 4;
const CAUSE_CHARACTERS = 2000;

/** What is not for clients is told as text, and what is none of our errors as nothing else. */
export function failureOf(error: unknown): Failure {
  const name = error instanceof Error ? error.constructor.name : '';
  if (!(error instanceof Error) || !REVIVED.has(name)) {
    const told = error instanceof InternalError ? error.cause : error;
    return {kind: 'InternalError', message: '', cause: describe(told)};
  }
  const {details, publicCause, retryAfterSeconds} = error as Partial<KmsError>;
  return {
    kind: name,
    message: error.message,
    ...(error.cause !== undefined && {cause: describe(error.cause)}),
    ...(details && {details}),
    ...(publicCause && {publicCause}),
    ...reasonOf(error),
    ...(retryAfterSeconds !== undefined && {retryAfterSeconds}),
  };
}

function reasonOf(error: Error): {readonly reason?: string} {
  if (error instanceof NotAllowedError || error instanceof KeyProcessStartError)
    return {reason: error.reason};
  if (error instanceof ValidationError) return {reason: error.validator};
  if (error instanceof MethodNotAllowedError) return {reason: error.allow};
  return error instanceof AdminError ? {reason: error.code} : {};
}

/** The error that it was, as the class that it was of. */
export function reviveFailure(failed: Failure): Error {
  const cause = failed.cause === undefined ? undefined : new OtherProcessError(failed.cause);
  const revive = REVIVED.get(failed.kind);
  if (!revive) return new InternalError(cause ?? new OtherProcessError(failed.kind));
  const {message, details, publicCause} = failed;
  return revive(
    {
      message,
      ...(details && {details: details as Readonly<Record<string, unknown>>}),
      ...(publicCause && {publicCause: publicCause as PublicCause}),
      ...(cause && {cause}),
    },
    failed,
  );
}

function describe(error: unknown): string {
  const lines: string[] = [];
  for (let next = error; next !== undefined && lines.length < CAUSES;) {
    if (!(next instanceof Error)) {
      lines.push(typeof next);
      break;
    }
    const code = 'code' in next && typeof next.code === 'string' ? ` (${next.code})` : '';
    lines.push(`${next.name}${code}: ${next.message}`);
    next = next.cause;
  }
  return lines.join('; caused by ').slice(0, CAUSE_CHARACTERS);
}
