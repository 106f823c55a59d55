import {ReasonedError} from '../../reasoned-error.ts';

/** How a command of clients can end; the numbers are part of the interface (docs/command-line.md). */
export const EXIT_CODES = Object.freeze({
  ok: 0,
  /** It failed; or the signature is not valid. */
  failed: 1,
  usage: 2,
  'not-found': 3,
  refused: 4,
  unreachable: 5,
} as const);

export type ExitReason = keyof typeof EXIT_CODES;

/** Something that a person can do something about: the message says what. Never holds a secret. */
export class ClientError extends ReasonedError<Exclude<ExitReason, 'ok'>> {
  override readonly name = 'ClientError';
}
