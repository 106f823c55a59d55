import {ReasonedError} from '../reasoned-error.ts';

export type TokenReason =
  | 'binding-missing'
  | 'library-missing'
  | 'library-unusable'
  | 'token-absent'
  | 'token-ambiguous'
  /** It answered with an error that may pass. */
  | 'token-failed'
  | 'pin-file'
  | 'pin-refused'
  | 'pin-locked'
  | 'login-failed'
  | 'mechanism-missing';

/** Why a token cannot be used, and what to do about it: for the operator. */
export class TokenError extends ReasonedError<TokenReason> {
  override readonly name = 'TokenError';
  readonly code = 'ERR_PKCS11_TOKEN';
}
