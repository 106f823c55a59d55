import type {KeyInfo, Signature} from '../../client/kms.ts';
import {hasDerSignatures, signatureDer} from '../../client/signature-der.ts';
import type {Option} from './client-command.ts';
import {ClientError} from './client-error.ts';

/** As webkms itself takes it, or as other programs do. */
export const SIGNATURE_FORMATS = ['webkms', 'raw', 'der'] as const;

export const SIGNATURE_FORMAT_OPTION: Option = {
  value: 'FORMAT',
  meaning: 'webkms (default); raw: its bytes; der: of ECDSA, as OpenSSL and certificates have it',
  completion: SIGNATURE_FORMATS,
};

/** The bytes for other programs: of ECDSA r‖s, or DER. */
export function signatureBytes({signature}: Signature, format: 'raw' | 'der'): Uint8Array {
  return format === 'der' ? signatureDer(signature) : signature;
}

/** Only ECDSA has two spellings. @throws ClientError */
export function assertSignsDer({keyType, shortName}: Pick<KeyInfo, 'keyType' | 'shortName'>): void {
  if (hasDerSignatures(keyType)) return;
  throw new ClientError('usage', `Signatures of keys of type ${shortName} are not DER: use --format raw.`);
}
