import {
  id_RSASSA_PSS,
  id_mgf1,
  id_sha256,
  id_sha384,
  id_sha512,
  id_sha256WithRSAEncryption,
  id_sha384WithRSAEncryption,
  id_sha512WithRSAEncryption,
  RsaSaPssParams,
} from '@peculiar/asn1-rsa';
import {AsnConvert} from '@peculiar/asn1-schema';
import {AlgorithmIdentifier} from '@peculiar/asn1-x509';
import {NotSupportedError} from '../../errors.ts';
import {derFromRaw} from '../../key-modules/software/algorithms/ecdsa-signature.ts';
import type {SignatureAlgorithm} from '../../keys/key-algorithms.ts';

type Encoded = {readonly identifier: () => AlgorithmIdentifier; readonly isEcdsa?: true};

const without = (algorithm: string) => () => new AlgorithmIdentifier({algorithm});
/** RFC 5758 §3.2: no parameters; the signature is DER of `Ecdsa-Sig-Value`. */
const ecdsa = (algorithm: string): Encoded => ({identifier: without(algorithm), isEcdsa: true});
/** RFC 4055 §5: NULL. */
const pkcs1 = (algorithm: string): Encoded => ({
  identifier: () => new AlgorithmIdentifier({algorithm, parameters: null}),
});
/** RFC 4055 §3.1: the hash, MGF1 with the same, and a salt as long as it. */
const pss = (hash: string, saltLength: number): Encoded => ({
  identifier() {
    const hashAlgorithm = new AlgorithmIdentifier({algorithm: hash, parameters: null});
    const maskGenAlgorithm = new AlgorithmIdentifier({
      algorithm: id_mgf1,
      parameters: AsnConvert.serialize(hashAlgorithm),
    });
    const parameters = new RsaSaPssParams({hashAlgorithm, maskGenAlgorithm, saltLength});
    return new AlgorithmIdentifier({
      algorithm: id_RSASSA_PSS,
      parameters: AsnConvert.serialize(parameters),
    });
  },
});

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';

const ALGORITHMS: ReadonlyMap<SignatureAlgorithm, Encoded> = new Map([
  ['ES256', ecdsa(ECDSA_SHA256)],
  ['ES256K', ecdsa(ECDSA_SHA256)],
  ['ES384', ecdsa('1.2.840.10045.4.3.3')],
  ['ES512', ecdsa('1.2.840.10045.4.3.4')],
  // RFC 8410 §3.
  ['EdDSA', {identifier: without('1.3.101.112')}],
  ['RS256', pkcs1(id_sha256WithRSAEncryption)],
  ['RS384', pkcs1(id_sha384WithRSAEncryption)],
  ['RS512', pkcs1(id_sha512WithRSAEncryption)],
  ['PS256', pss(id_sha256, 32)],
  ['PS384', pss(id_sha384, 48)],
  ['PS512', pss(id_sha512, 64)],
  // RFC 9881 §2.
  ['ML-DSA-44', {identifier: without('2.16.840.1.101.3.4.3.17')}],
  ['ML-DSA-65', {identifier: without('2.16.840.1.101.3.4.3.18')}],
  ['ML-DSA-87', {identifier: without('2.16.840.1.101.3.4.3.19')}],
]);

/** @throws NotSupportedError where X.509 knows no such signatures */
export function signatureAlgorithmIdentifier(algorithm: SignatureAlgorithm): AlgorithmIdentifier {
  return encodingOf(algorithm).identifier();
}

/** A signature of the KMS as X.509 has it. */
export function signatureBits(algorithm: SignatureAlgorithm, signature: Uint8Array): Uint8Array {
  return encodingOf(algorithm).isEcdsa ? derFromRaw(signature) : signature;
}

function encodingOf(algorithm: SignatureAlgorithm): Encoded {
  const encoded = ALGORITHMS.get(algorithm);
  if (encoded) return encoded;
  throw new NotSupportedError(`There are no certification requests with ${algorithm} signatures.`);
}
