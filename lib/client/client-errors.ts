/** The service could not be reached, or the connection broke: what was asked for may have been done or not. */
export class KmsConnectionError extends Error {
  override readonly name = 'KmsConnectionError';
  readonly code = 'ERR_KMS_CONNECTION';
}

/** What was answered is no answer to what was asked. It is not used, whatever it says. */
export class UnexpectedReplyError extends Error {
  override readonly name = 'UnexpectedReplyError';
  readonly code = 'ERR_UNEXPECTED_REPLY';

  /** @param problem what is wrong with the reply, of which nothing is quoted */
  constructor(problem: string, options?: ErrorOptions) {
    super(`The reply of the key management service cannot be used: ${problem}`, options);
  }
}
