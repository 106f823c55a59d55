import {MalformedRequestError} from '../../errors.ts';
import type {PrivateKeyForm} from './private-key-object.ts';

/** DER of the content of AlgorithmIdentifiers, by `crv`, `alg` or `kty`. */
const IDENTIFIERS: Readonly<Record<string, string>> = {
  // RFC 8410 §3: without parameters
  Ed25519: '06032b6570',
  X25519: '06032b656e',
  // RFC 5480 §2.1.1: id-ecPublicKey and the curve
  'P-256': '06072a8648ce3d0201' + '06082a8648ce3d030107',
  'P-384': '06072a8648ce3d0201' + '06052b81040022',
  'P-521': '06072a8648ce3d0201' + '06052b81040023',
  secp256k1: '06072a8648ce3d0201' + '06052b8104000a',
  // RFC 3279 §2.3.1: rsaEncryption and NULL
  RSA: '06092a864886f70d010101' + '0500',
  // RFC 9881 §2, RFC 9935 §3: without parameters
  'ML-DSA-44': '0609608648016503040311',
  'ML-DSA-65': '0609608648016503040312',
  'ML-DSA-87': '0609608648016503040313',
  'ML-KEM-768': '0609608648016503040402',
};

/** RFC 4055 §3.1: keys that are good for RSASSA-PSS alone, with parameters that we do not keep. */
const RSA_PSS = Buffer.from('06092a864886f70d01010a', 'hex');

/** What the form's keys are called in DER. */
export function algorithmIdentifier(form: PrivateKeyForm): Buffer {
  return Buffer.from(IDENTIFIERS[nameOf(form)] ?? '', 'hex');
}

/** @throws MalformedRequestError where `identifier`, the content of an AlgorithmIdentifier, is not that of the form's keys. */
export function assertAlgorithmIdentifier(form: PrivateKeyForm, identifier: Buffer): void {
  if (algorithmIdentifier(form).equals(identifier)) return;
  throw new MalformedRequestError(
    identifier.subarray(0, RSA_PSS.length).equals(RSA_PSS)
      ? 'RSA keys that are restricted to PSS are not supported: give it as rsaEncryption.'
      : 'The PKCS#8 is of a key of another type.',
  );
}

function nameOf(form: PrivateKeyForm): string {
  switch (form.kty) {
    case 'OKP':
    case 'EC':
      return form.crv;
    case 'AKP':
      return form.alg;
    case 'RSA':
      return form.kty;
  }
}
