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
} from '../errors.ts';
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

/** What an error is made of. */
export interface FailureParts {
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly publicCause?: PublicCause;
  readonly cause?: OtherProcessError;
}

/** How errors of one class are carried. */
export interface FailureKind {
  readonly type: abstract new (...parameters: never) => Error;
  readonly revive: (parts: FailureParts, failure: Failure) => Error;
  /** Which it is, of a class that has more kinds. */
  readonly reasonOf?: (error: never) => string;
}

/** By the names of their classes. */
export type FailureKinds = ReadonlyMap<string, FailureKind>;

type Plain = new (message: string, options: Omit<FailureParts, 'message'>) => Error;

/** Classes of errors that are made of a message and options. */
export function plainKinds(classes: Readonly<Record<string, Plain>>): FailureKinds {
  return new Map(
    Object.entries(classes).map(([name, type]) => [
      name,
      {type, revive: ({message, ...options}) => new type(message, options)},
    ]),
  );
}

/** All that requests can end with. */
export const KMS_FAILURES: FailureKinds = new Map<string, FailureKind>([
  ...plainKinds({
    DuplicateError,
    HeadersTooLargeError,
    InvalidStateError,
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
    UnavailableError,
    UnsupportedMediaTypeError,
    UrlMismatchError,
  }),
  ['SourceAddressError', {type: SourceAddressError, revive: () => new SourceAddressError()}],
  [
    'MethodNotAllowedError',
    {
      type: MethodNotAllowedError,
      revive: (_, {reason = ''}) => new MethodNotAllowedError(reason.split(', ')),
      reasonOf: ({allow}: MethodNotAllowedError) => allow,
    },
  ],
  [
    'KeyPolicyError',
    {
      type: KeyPolicyError,
      revive: ({message, details}) => new KeyPolicyError(String(details?.['policy']), message),
    },
  ],
  [
    'RateLimitError',
    {type: RateLimitError, revive: (_, {retryAfterSeconds = 1}) => new RateLimitError(retryAfterSeconds)},
  ],
  [
    'NotAllowedError',
    {
      type: NotAllowedError,
      revive: reviveNotAllowed,
      reasonOf: ({reason}: NotAllowedError) => reason,
    },
  ],
  [
    'ValidationError',
    {type: ValidationError, revive: reviveValidation, reasonOf: ({validator}: ValidationError) => validator},
  ],
]);

function reviveNotAllowed(
  {publicCause, cause}: FailureParts,
  {reason = 'other-process'}: Failure,
): NotAllowedError {
  const details = publicCause?.details;
  return new NotAllowedError(reason, publicCause?.message ?? 'Not allowed.', {
    cause,
    ...(details && {details}),
  });
}

function reviveValidation({details}: FailureParts, {reason = ''}: Failure): Error {
  const errors = details?.['errors'];
  // What the other process has not made of a schema's refusals is none.
  return new ValidationError(reason, Array.isArray(errors) ? errors : []);
}

const CAUSES = 4;
const CAUSE_CHARACTERS = 2000;
const MESSAGE_CHARACTERS = 20_000;

/**
 * What is not for clients is told as text, and what is of no class that is known as nothing else.
 * @param kinds those that the other end knows, too
 */
export function failureOf(error: unknown, kinds = KMS_FAILURES): Failure {
  const name = nameOfKind(error, kinds);
  if (!(error instanceof Error) || name === undefined) {
    const told = error instanceof InternalError ? error.cause : error;
    return {kind: 'InternalError', message: '', cause: describe(told)};
  }
  const {details, publicCause, retryAfterSeconds} = error as Partial<KmsError>;
  const reason = kinds.get(name)?.reasonOf?.(error as never);
  return {
    kind: name,
    message: cut(error.message, MESSAGE_CHARACTERS),
    ...(error.cause !== undefined && {cause: describe(error.cause)}),
    ...(details && {details}),
    ...(publicCause && {publicCause}),
    ...(reason !== undefined && {reason}),
    ...(retryAfterSeconds !== undefined && {retryAfterSeconds}),
  };
}

/** The nearest that is known of the classes that it is of. Others may have classes of the same names, whose messages are nobody's. */
function nameOfKind(error: unknown, kinds: FailureKinds): string | undefined {
  if (!(error instanceof Error)) return undefined;
  let type: unknown = error.constructor;
  while (typeof type === 'function' && kinds.get(type.name)?.type !== type)
    type = Object.getPrototypeOf(type);
  return typeof type === 'function' ? type.name : undefined;
}

/** The error that it was, as the class that it was of. */
export function reviveFailure(failed: Failure, kinds = KMS_FAILURES): Error {
  const cause = failed.cause === undefined ? undefined : new OtherProcessError(failed.cause);
  const kind = kinds.get(failed.kind);
  if (!kind) return new InternalError(cause ?? new OtherProcessError(failed.kind));
  const {message, details, publicCause} = failed;
  return kind.revive(
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
  return cut(lines.join('; caused by '), CAUSE_CHARACTERS);
}

/** A text that can be encoded. */
function cut(message: string, characters: number): string {
  return message.slice(0, characters).toWellFormed();
}
