import type {KeyAlgorithm} from './key-algorithms.ts';

/** How keys of an algorithm are written by everybody else: as JSON Web Key, and for `node:crypto`. */
export type KeyForm =
  /** RFC 8037 */
  | {readonly kty: 'OKP'; readonly crv: 'Ed25519' | 'X25519'; readonly nodeType: 'ed25519' | 'x25519'}
  /** RFC 7518 §6.2, RFC 8812 §3. `size`: bytes of a coordinate, and of the scalar. */
  | {readonly kty: 'EC'; readonly crv: string; readonly size: number}
  /** RFC 7518 §6.3 */
  | {readonly kty: 'RSA'; readonly modulusBits: number}
  /** RFC 9964, where the private key is the seed. ML-KEM is written likewise, as `node:crypto` does. */
  | {
      readonly kty: 'AKP';
      readonly alg: 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87' | 'ML-KEM-768';
      readonly nodeType: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' | 'ml-kem-768';
      readonly seedBytes: number;
    }
  /** RFC 7518 §6.4 */
  | {readonly kty: 'oct'; readonly alg: string; readonly keyBytes: number}
  /** Nobody else knows it: there is a public JWK of ours, and nothing besides. */
  | {readonly kty: 'BBS'; readonly crv: 'Bls12381G2'};

const BBS: KeyForm = {kty: 'BBS', crv: 'Bls12381G2'};
const P256: KeyForm = {kty: 'EC', crv: 'P-256', size: 32};
const P384: KeyForm = {kty: 'EC', crv: 'P-384', size: 48};
const P521: KeyForm = {kty: 'EC', crv: 'P-521', size: 66};

export const KEY_FORMS: Readonly<Record<KeyAlgorithm, KeyForm>> = {
  Ed25519: {kty: 'OKP', crv: 'Ed25519', nodeType: 'ed25519'},
  'ECDSA-P-256': P256,
  'ECDSA-P-384': P384,
  'ECDSA-P-521': P521,
  'ECDSA-secp256k1': {kty: 'EC', crv: 'secp256k1', size: 32},
  X25519: {kty: 'OKP', crv: 'X25519', nodeType: 'x25519'},
  'ECDH-P-256': P256,
  'ECDH-P-384': P384,
  'ECDH-P-521': P521,
  'HMAC-SHA-256': {kty: 'oct', alg: 'HS256', keyBytes: 32},
  'AES-KW-256': {kty: 'oct', alg: 'A256KW', keyBytes: 32},
  'AES-256-GCM': {kty: 'oct', alg: 'A256GCM', keyBytes: 32},
  'RSA-2048': {kty: 'RSA', modulusBits: 2048},
  'RSA-3072': {kty: 'RSA', modulusBits: 3072},
  'RSA-4096': {kty: 'RSA', modulusBits: 4096},
  'BBS-BLS12-381-SHA-256': BBS,
  'BBS-BLS12-381-SHAKE-256': BBS,
  'ML-DSA-44': {kty: 'AKP', alg: 'ML-DSA-44', nodeType: 'ml-dsa-44', seedBytes: 32},
  'ML-DSA-65': {kty: 'AKP', alg: 'ML-DSA-65', nodeType: 'ml-dsa-65', seedBytes: 32},
  'ML-DSA-87': {kty: 'AKP', alg: 'ML-DSA-87', nodeType: 'ml-dsa-87', seedBytes: 32},
  'ML-KEM-768': {kty: 'AKP', alg: 'ML-KEM-768', nodeType: 'ml-kem-768', seedBytes: 64},
};
