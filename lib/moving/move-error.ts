/** A store was not moved. Nothing is lost: the message says what to do, and no secret. */
export class MoveError extends Error {
  override readonly name = 'MoveError';
  readonly code = 'ERR_MOVE';
  /** `refused`: it was not begun, or not gone on with, and both stores are as they were. */
  readonly reason: 'refused' | 'failed';

  constructor(reason: MoveError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
