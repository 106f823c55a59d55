import {
  InternalError,
  type KmsError,
  MalformedRequestError,
  NotSupportedError,
  OperationFailedError,
  UnavailableError,
} from '../errors.ts';

/** A module may have been written against another copy of this package: its errors are known by their codes. */
const BY_CODE: ReadonlyMap<unknown, (error: Error) => KmsError> = new Map<
  unknown,
  (error: Error) => KmsError
>([
  [
    'ERR_NOT_SUPPORTED',
    (cause) => new NotSupportedError(cause.message, {cause, details: {supported: supportedOf(cause)}}),
  ],
  ['ERR_MALFORMED_REQUEST', (cause) => new MalformedRequestError(cause.message, {cause})],
  ['ERR_OPERATION_FAILED', (cause) => new OperationFailedError('The operation failed.', {cause})],
  ['ERR_UNAVAILABLE', unavailable],
]);

/** Whatever a foreign key module threw → what it may throw (key-module.ts); all else is a defect of it. */
export function foreignError(error: unknown): KmsError {
  const translate = error instanceof Error && 'code' in error ? BY_CODE.get(error.code) : undefined;
  return translate ? translate(error as Error) : new InternalError(error);
}

/** What kept it is told the log, not the client. */
export function unavailable(cause: unknown): UnavailableError {
  return new UnavailableError('The key module cannot be used now.', {cause});
}

function supportedOf(error: Error): readonly string[] {
  const {details} = error as {readonly details?: {readonly supported?: unknown} | null};
  const supported = details?.supported;
  return Array.isArray(supported) ? supported.filter((word) => typeof word === 'string') : [];
}
