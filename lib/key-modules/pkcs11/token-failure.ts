import {InternalError, NotSupportedError, UnavailableError} from '../../errors.ts';
import {CKR} from '../../pkcs11/cryptoki.ts';
import {Pkcs11Error} from '../../pkcs11/pkcs11-error.ts';
import {TokenObjectMissingError} from '../../pkcs11/token-object.ts';
import {TokenError} from '../../pkcs11/token-error.ts';
import {TokenThreadError} from '../../pkcs11/token-thread.ts';
import type {KeyOperation} from '../../storage/key-record.ts';
import type {KeyVersionId} from '../key-module.ts';

const REFUSED_TYPE: ReadonlySet<number> = new Set([
  CKR.ATTRIBUTE_VALUE_INVALID,
  CKR.CURVE_NOT_SUPPORTED,
  CKR.DOMAIN_PARAMS_INVALID,
  CKR.KEY_SIZE_RANGE,
  CKR.MECHANISM_INVALID,
  CKR.MECHANISM_PARAM_INVALID,
  CKR.TEMPLATE_INCONSISTENT,
]);

const FULL: ReadonlySet<number> = new Set([CKR.DEVICE_MEMORY, CKR.HOST_MEMORY]);

/** A defect: a type has an operation that its algorithm lacks. */
export function lacks({type}: KeyVersionId, operation: KeyOperation): InternalError {
  return new InternalError(new Error(`The algorithm of ${type} lacks ${operation}.`));
}

/** What has happened, for who asked for an operation with a key. */
export function operationFailure(error: unknown): unknown {
  if (error instanceof TokenError || error instanceof TokenThreadError)
    return new UnavailableError('The key module cannot be used now.', {cause: error});
  if (error instanceof Pkcs11Error || error instanceof TokenObjectMissingError)
    return new InternalError(error);
  return error;
}

/** The same, for who asked for a new key: nothing was made. */
export function generationFailure(error: unknown): unknown {
  if (error instanceof Pkcs11Error) {
    if (REFUSED_TYPE.has(error.code))
      return new NotSupportedError('The token makes no keys of this type.', {cause: error});
    if (FULL.has(error.code))
      return new UnavailableError('The token has no room for another key.', {cause: error});
    return new UnavailableError('The token could not make the key.', {cause: error});
  }
  return operationFailure(error);
}
