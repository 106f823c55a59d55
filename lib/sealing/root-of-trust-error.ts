import {ReasonedError} from '../reasoned-error.ts';

/** Why the root of trust could not be opened or made. */
export type RootOfTrustReason =
  | 'missing'
  /** What it is in does not answer now, and may do so later. */
  | 'away'
  | 'exists'
  | 'unreadable'
  | 'unwritable'
  | 'not-a-file'
  | 'owner'
  | 'permissions'
  | 'malformed'
  | 'foreign-key'
  | 'bad-setting'
  | 'shares-needed'
  | 'not-asked'
  | 'interrupted'
  | 'not-vouched';

/**
 * The root of trust cannot be used: the server does not start. The message is for the operator: it names the file and
 * the setting and says what to do; never the file's content.
 */
export class RootOfTrustError extends ReasonedError<RootOfTrustReason> {
  override readonly name = 'RootOfTrustError';
  readonly code = 'ERR_ROOT_OF_TRUST';
}
