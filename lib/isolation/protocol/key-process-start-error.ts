/** The key process could not begin. The message is for the person who started the server. */
export class KeyProcessStartError extends Error {
  override readonly name = 'KeyProcessStartError';
  readonly code = 'ERR_KEY_PROCESS_START';
  /** `root-of-trust`: an operator may have to do something. */
  readonly reason: 'root-of-trust' | 'other';

  constructor(message: string, options: {cause?: unknown; reason?: 'root-of-trust' | 'other'} = {}) {
    super(message, options);
    this.reason = options.reason ?? 'other';
  }
}
