import {
  DuplicateError,
  HeadersTooLargeError,
  InternalError,
  InvalidStateError,
  type KmsError,
  KeyPolicyError,
  KeystoreSequenceError,
  KeyStateError,
  MalformedRequestError,
  MethodNotAllowedError,
  NotAllowedError,
  NotFoundError,
  NotSupportedError,
  OperationFailedError,
  PayloadTooLargeError,
  type PublicCause,
  QuotaExceededError,
  RateLimitError,
  RequestTimeoutError,
  SourceAddressError,
  UnavailableError,
  UnsupportedMediaTypeError,
  UrlMismatchError,
  type ValidationIssue,
  ValidationError,
} from '../../errors.ts';
import {UnexpectedReplyError} from '../client-errors.ts';
import {Reply} from '../reply.ts';

interface ToldError {
  readonly name: string;
  readonly status: number;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly cause: PublicCause | undefined;
  readonly retryAfterSeconds: number;
}

type Options = {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly publicCause?: PublicCause;
};
type Make = (told: ToldError, options: Options) => KmsError;

const simple =
  (ErrorClass: new (message: string, options: Options) => KmsError): Make =>
  ({message}, options) =>
    new ErrorClass(message, options);

/** What each name and status on the wire is here. Of several meanings under one name the details tell. */
const MAKERS: ReadonlyMap<string, Make> = new Map([
  ['400 DataError', simple(MalformedRequestError)],
  ['400 ValidationError', validationError],
  ['400 URLMismatchError', simple(UrlMismatchError)],
  ['400 NotSupportedError', simple(NotSupportedError)],
  ['400 OperationError', simple(OperationFailedError)],
  ['403 NotAllowedError', notAllowed],
  ['404 NotFoundError', simple(NotFoundError)],
  ['405 NotSupportedError', () => new MethodNotAllowedError([])],
  ['408 RequestTimeoutError', simple(RequestTimeoutError)],
  ['409 InvalidStateError', invalidState],
  ['409 DuplicateError', simple(DuplicateError)],
  ['413 PayloadTooLargeError', simple(PayloadTooLargeError)],
  ['415 UnsupportedMediaTypeError', simple(UnsupportedMediaTypeError)],
  ['429 RateLimitError', ({retryAfterSeconds}) => new RateLimitError(retryAfterSeconds)],
  ['429 QuotaExceededError', simple(QuotaExceededError)],
  ['431 HeadersTooLargeError', simple(HeadersTooLargeError)],
  ['500 InternalError', () => new InternalError(new Error('The key management service has failed.'))],
  ['503 UnavailableError', simple(UnavailableError)],
]);

/**
 * The error that a reply tells of, with its message and details.
 * @returns UnexpectedReplyError where the body is no error of a key management service, or another one than its status
 */
export function readReplyError(
  status: number,
  body: unknown,
  retryAfter: string | undefined,
): KmsError | UnexpectedReplyError {
  const unexpected = (cause?: unknown): UnexpectedReplyError =>
    new UnexpectedReplyError(
      `it has the status ${status}, and is no error of a key management service. Is there a proxy in between?`,
      {cause},
    );
  try {
    const reply = new Reply(body, 'the error');
    const told: ToldError = {
      name: reply.text('name'),
      status: reply.count('status', 400),
      message: reply.text('message'),
      details: reply.has('details') ? reply.plainObject('details') : undefined,
      cause: reply.has('cause') ? readCause(reply.object('cause')) : undefined,
      retryAfterSeconds: /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) : 1,
    };
    const make = MAKERS.get(`${status} ${told.name}`);
    if (told.status !== status || !make) return unexpected();
    const {details, cause: publicCause} = told;
    return make(told, {...(details && {details}), ...(publicCause && {publicCause})});
  } catch (cause) {
    return unexpected(cause);
  }
}

function readCause(cause: Reply): PublicCause {
  return {
    name: cause.text('name'),
    message: cause.text('message'),
    ...(cause.has('details') && {details: cause.plainObject('details')}),
  };
}

function notAllowed({message, details, cause}: ToldError): KmsError {
  const policy = details?.['policy'];
  if (typeof policy === 'string') return new KeyPolicyError(policy, message);
  if (!cause) return new SourceAddressError();
  return new NotAllowedError('refused', cause.message, {...(cause.details && {details: {...cause.details}})});
}

function invalidState({message, details}: ToldError, options: Options): KmsError {
  if (typeof details?.['state'] === 'string') return new KeyStateError(message, options);
  if (typeof details?.['expected'] === 'number') return new KeystoreSequenceError(message, options);
  return new InvalidStateError(message, options);
}

function validationError({message, details}: ToldError): KmsError {
  const validator = /^A validation error occurred in the '([^']*)' validator\.$/.exec(message)?.[1];
  const issues = new Reply(details, 'the details').list('errors', (item, what): ValidationIssue => {
    const issue = new Reply(item, what);
    const {path, keyword} = {
      path: issue.object('details').text('path'),
      keyword: issue.object('details').text('keyword'),
    };
    return {name: 'ValidationError', message: issue.text('message'), details: {path, keyword}};
  });
  return new ValidationError(validator ?? '', issues);
}
