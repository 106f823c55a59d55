/** A key module cannot be used: the server does not start. The message is for the operator, and says what to do. */
export class KeyModuleError extends Error {
  override readonly name = 'KeyModuleError';
  readonly code = 'ERR_KEY_MODULE';
}
