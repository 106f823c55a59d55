import type {KeyOperation} from '../storage/key-record.ts';

/** What a key does its work with; key modules dispatch on it. */
export type KeyAlgorithm =
  | 'Ed25519'
  | 'ECDSA-P-256'
  | 'ECDSA-P-384'
  | 'ECDSA-P-521'
  | 'ECDSA-secp256k1'
  | 'X25519'
  | 'ECDH-P-256'
  | 'ECDH-P-384'
  | 'ECDH-P-521'
  | 'HMAC-SHA-256'
  | 'AES-KW-256'
  | 'AES-256-GCM'
  | 'RSA-2048'
  | 'RSA-3072'
  | 'RSA-4096'
  | 'BBS-BLS12-381-SHA-256'
  | 'BBS-BLS12-381-SHAKE-256'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'
  | 'ML-KEM-768';

/** The hash functions of digests that are signed without their data. */
export type HashAlgorithm = 'SHA-256' | 'SHA-384' | 'SHA-512';

/** How long their digests are. */
export const DIGEST_BYTES: Readonly<Record<HashAlgorithm, number>> = Object.freeze({
  'SHA-256': 32,
  'SHA-384': 48,
  'SHA-512': 64,
});

export interface SignatureAlgorithmTraits {
  /** The hash of the data that is signed; absent where data is not hashed first, so that no digest can be signed. */
  readonly hash?: HashAlgorithm;
}

const SIGNATURES = {
  EdDSA: {},
  ES256: {hash: 'SHA-256'},
  ES384: {hash: 'SHA-384'},
  ES512: {hash: 'SHA-512'},
  ES256K: {hash: 'SHA-256'},
  PS256: {hash: 'SHA-256'},
  PS384: {hash: 'SHA-384'},
  PS512: {hash: 'SHA-512'},
  RS256: {hash: 'SHA-256'},
  RS384: {hash: 'SHA-384'},
  RS512: {hash: 'SHA-512'},
  HS256: {},
  BBS: {},
  'ML-DSA-44': {},
  'ML-DSA-65': {},
  'ML-DSA-87': {},
} as const satisfies Readonly<Record<string, SignatureAlgorithmTraits>>;

export type SignatureAlgorithm = keyof typeof SIGNATURES;

/** How a signature is made, by its name in JOSE (RFC 7518, RFC 8037, RFC 8812, RFC 9964); BBS, which has none, by its own. */
export const SIGNATURE_ALGORITHMS: Readonly<Record<SignatureAlgorithm, SignatureAlgorithmTraits>> =
  Object.freeze(SIGNATURES);

/** How data is encrypted, by its name in JOSE (RFC 7518). */
export type EncryptionAlgorithm = 'A256GCM' | 'RSA-OAEP-256';

/**
 * What a raw secret key is, as key modules take and give it: `seed` (Ed25519, ML-DSA; ML-KEM: d ‖ z), `scalar` (X25519 as
 * RFC 7748 has it; of other curves big-endian, as long as a coordinate; BLS12-381: 32 bytes), `key` (symmetric keys), `pkcs1`
 * (DER of an RSAPrivateKey, RFC 8017 §A.1.2).
 */
export type SecretForm = 'seed' | 'scalar' | 'key' | 'pkcs1';

/** Everything the server needs to know about one algorithm. */
export interface KeyAlgorithmTraits {
  readonly operations: readonly KeyOperation[];
  readonly secretForm: SecretForm;
  /** How it can sign: the first, unless something else is asked for. Present where it can sign. */
  readonly signatureAlgorithms?: readonly SignatureAlgorithm[];
  /** How it can encrypt: the first, unless something else is asked for. Present where it can encrypt. */
  readonly encryptionAlgorithms?: readonly EncryptionAlgorithm[];
}

const signs = (secretForm: SecretForm, algorithm: SignatureAlgorithm): KeyAlgorithmTraits => ({
  operations: ['sign', 'verify'],
  secretForm,
  signatureAlgorithms: [algorithm],
});
const agrees: KeyAlgorithmTraits = {operations: ['deriveSecret'], secretForm: 'scalar'};
const rsa: KeyAlgorithmTraits = {
  operations: ['encrypt', 'decrypt', 'sign', 'verify'],
  secretForm: 'pkcs1',
  signatureAlgorithms: ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
  encryptionAlgorithms: ['RSA-OAEP-256'],
};

/** The operations matrix: what each kind of key can do, and how. What is not here is refused. */
export const KEY_ALGORITHMS: Readonly<Record<KeyAlgorithm, KeyAlgorithmTraits>> = {
  Ed25519: signs('seed', 'EdDSA'),
  'ECDSA-P-256': signs('scalar', 'ES256'),
  'ECDSA-P-384': signs('scalar', 'ES384'),
  'ECDSA-P-521': signs('scalar', 'ES512'),
  'ECDSA-secp256k1': signs('scalar', 'ES256K'),
  X25519: agrees,
  'ECDH-P-256': agrees,
  'ECDH-P-384': agrees,
  'ECDH-P-521': agrees,
  'HMAC-SHA-256': signs('key', 'HS256'),
  'AES-KW-256': {operations: ['wrapKey', 'unwrapKey'], secretForm: 'key'},
  'AES-256-GCM': {operations: ['encrypt', 'decrypt'], secretForm: 'key', encryptionAlgorithms: ['A256GCM']},
  'RSA-2048': rsa,
  'RSA-3072': rsa,
  'RSA-4096': rsa,
  'BBS-BLS12-381-SHA-256': signs('scalar', 'BBS'),
  'BBS-BLS12-381-SHAKE-256': signs('scalar', 'BBS'),
  'ML-DSA-44': signs('seed', 'ML-DSA-44'),
  'ML-DSA-65': signs('seed', 'ML-DSA-65'),
  'ML-DSA-87': signs('seed', 'ML-DSA-87'),
  'ML-KEM-768': {operations: ['encapsulate', 'decapsulate'], secretForm: 'seed'},
};

for (const traits of Object.values(KEY_ALGORITHMS)) {
  for (const list of [traits.operations, traits.signatureAlgorithms, traits.encryptionAlgorithms])
    Object.freeze(list);
  Object.freeze(traits);
}
Object.freeze(KEY_ALGORITHMS);
