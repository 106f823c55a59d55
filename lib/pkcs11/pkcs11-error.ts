import {CKR} from './cryptoki.ts';

/** What a token or its library answered: a return value of PKCS #11. */
export class Pkcs11Error extends Error {
  override readonly name = 'Pkcs11Error';
  /** `CKR_…` as a number. */
  readonly code: number;

  constructor(rv: string, code: number) {
    super(rv);
    this.code = code;
  }
}

/** What may help where a call failed: a new session, a login, the object's handle found again, the token found again. */
export type Cure = 'session' | 'login' | 'handle' | 'token';

const CURES: ReadonlyMap<number, Cure> = new Map([
  [CKR.SESSION_HANDLE_INVALID, 'session'],
  [CKR.SESSION_CLOSED, 'session'],
  [CKR.OPERATION_ACTIVE, 'session'],
  [CKR.OPERATION_NOT_INITIALIZED, 'session'],
  [CKR.USER_NOT_LOGGED_IN, 'login'],
  [CKR.KEY_HANDLE_INVALID, 'handle'],
  [CKR.OBJECT_HANDLE_INVALID, 'handle'],
  [CKR.SLOT_ID_INVALID, 'token'],
  [CKR.DEVICE_ERROR, 'token'],
  [CKR.DEVICE_REMOVED, 'token'],
  [CKR.TOKEN_NOT_PRESENT, 'token'],
  [CKR.TOKEN_NOT_RECOGNIZED, 'token'],
  [CKR.CRYPTOKI_NOT_INITIALIZED, 'token'],
]);

export function cureOf(code: number): Cure | undefined {
  return CURES.get(code);
}

/** Libraries say these of anything: of a token that is away, and of a ciphertext that is none. */
export function isUnclear(code: number): boolean {
  return code === CKR.GENERAL_ERROR || code === CKR.FUNCTION_FAILED;
}
