/** The hierarchy has no such key, version, scope or root wrapper (any more). */
export class KeyNotFoundError extends Error {
  override readonly name = 'KeyNotFoundError';
  readonly code = 'ERR_SEALING_NOT_FOUND';
}

/** It is still needed: the newest version of its key, or something is sealed under it. */
export class KeyInUseError extends Error {
  override readonly name = 'KeyInUseError';
  readonly code = 'ERR_SEALING_IN_USE';
}

/** The database's schema is not the one that this code needs. The message says what is wrong. */
export class InvalidSchemaError extends Error {
  override readonly name = 'InvalidSchemaError';
  readonly code = 'ERR_SEALING_INVALID_SCHEMA';
}

/** The set of root wrappers has changed since the caller read it: read it, and seal, again. */
export class RootsChangedError extends Error {
  override readonly name = 'RootsChangedError';
  readonly code = 'ERR_SEALING_ROOTS_CHANGED';
}
