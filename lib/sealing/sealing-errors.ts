import {UnavailableError} from '../errors.ts';

export {
  InvalidSchemaError,
  KeyInUseError,
  KeyNotFoundError,
  RootsChangedError,
} from '../storage/key-errors.ts';

/** A scope or a purpose that cannot be, or that was not declared: the application's mistake. */
export class InvalidParameterError extends Error {
  override readonly name = 'InvalidParameterError';
  readonly code = 'ERR_SEALING_INVALID_PARAMETER';
}

/** The id is not one of a key version, or of another kind of version than was asked for. */
export class InvalidVersionError extends Error {
  override readonly name = 'InvalidVersionError';
  readonly code = 'ERR_SEALING_INVALID_VERSION';
}

/** Where one record must be, the store has several. */
export class MultipleRecordsError extends Error {
  override readonly name = 'MultipleRecordsError';
  readonly code = 'ERR_SEALING_MULTIPLE_RECORDS';
}

/** No root of trust is open: an operator must unseal the server first. To clients it is unavailable. */
export class SealedError extends UnavailableError {
  constructor() {
    super('The server is sealed.');
  }
}
