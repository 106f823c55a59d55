/** A scope or a purpose that cannot be, or that was not declared: the application's mistake. */
export class InvalidParameterError extends Error {
  override readonly name = 'InvalidParameterError';
  readonly code = 'ERR_SEALING_INVALID_PARAMETER';
}

/** The scope's keys were made before this purpose was declared. */
export class DataKeyNotFoundError extends Error {
  override readonly name = 'DataKeyNotFoundError';
  readonly code = 'ERR_SEALING_DATA_KEY_NOT_FOUND';
}
