export type StoreOpenErrorCode =
  /** Written by a newer release than this one. */
  | 'ERR_STORE_NEWER'
  /** Another application's database. */
  | 'ERR_STORE_FOREIGN'
  /** Not a database, or a damaged one. */
  | 'ERR_STORE_DAMAGED'
  /** The file cannot be opened, read or written now. */
  | 'ERR_STORE_UNREACHABLE';

/** The database could not be opened at start. For the operator: the message names the file, and what to do. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
  readonly code: StoreOpenErrorCode;

  constructor(code: StoreOpenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
