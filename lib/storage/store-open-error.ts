export type StoreOpenErrorCode =
  /** Written by a newer release than this one. */
  | 'ERR_STORE_NEWER'
  /** Another application's database. */
  | 'ERR_STORE_FOREIGN'
  /** Not a database, or a damaged one. */
  | 'ERR_STORE_DAMAGED'
  /** The file or server cannot be opened, read or written now. */
  | 'ERR_STORE_UNREACHABLE'
  /** The server does not know the user, or not by that password or certificate. */
  | 'ERR_STORE_CREDENTIALS'
  /** The user lacks privileges that the server needs. */
  | 'ERR_STORE_PRIVILEGES'
  /** The server is too old, or not set up so that its promises hold. */
  | 'ERR_STORE_UNSUPPORTED'
  /** A move to another store has begun or ended, of which this one is a part: see store-mark.ts. */
  | 'ERR_STORE_MOVED';

/** The database could not be opened at start. For the operator: the message names what is wrong and what to do, and no secret. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
  readonly code: StoreOpenErrorCode;

  constructor(code: StoreOpenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
