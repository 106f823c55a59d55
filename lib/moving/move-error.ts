import {ReasonedError} from '../reasoned-error.ts';

/** `refused`: it was not begun, or not gone on with, and both stores are as they were. */
type MoveReason = 'refused' | 'failed';

/** A store was not moved. Nothing is lost: the message says what to do, and no secret. */
export class MoveError extends ReasonedError<MoveReason> {
  override readonly name = 'MoveError';
  readonly code = 'ERR_MOVE';
}
