import {KEY_ALGORITHMS, type KeyAlgorithm, type KeyAlgorithmTraits} from './key-algorithms.ts';

/** How a raw public key is written in a key description. */
export interface PublicKeyFormat {
  /** `publicKeyMultibase` is `z` + base58btc(prefix ‖ raw), `publicKeyBase58` is base58btc(raw). */
  readonly member: 'publicKeyMultibase' | 'publicKeyBase58';
  /** The multicodec code as varint bytes; empty in `publicKeyBase58`. */
  readonly prefix: Uint8Array;
  /**
   * Bytes of the raw key: RFC 8032 / RFC 7748, compressed SEC 1 point, compressed G2 point, FIPS 203 or 204, or DER of an
   * RSAPublicKey (RFC 8017 §A.1.1) whose exponent is 65,537.
   */
  readonly length: number;
}

interface KeyTypeTraits {
  /** What people call it, on the command line and in the library; absent where that means another type. */
  readonly shortName?: string;
  readonly algorithm: KeyAlgorithm;
  /** `@context` of the key's description. */
  readonly context: string;
  /** `type` of the key's description. */
  readonly descriptionType: string;
  /** Absent for symmetric keys. */
  readonly publicKey?: PublicKeyFormat;
}

function multibase(multicodec: number, length: number): PublicKeyFormat {
  // Every code used here is between 2^7 and 2^14: two varint bytes, least significant group first.
  return {
    member: 'publicKeyMultibase',
    prefix: Uint8Array.of((multicodec & 0x7f) | 0x80, multicodec >> 7),
    length,
  };
}

// https://github.com/multiformats/multicodec, table.csv
const ED25519 = multibase(0xed, 32);
const X25519 = multibase(0xec, 32);
const SECP256K1 = multibase(0xe7, 33);
const P256 = multibase(0x1200, 33);
const P384 = multibase(0x1201, 49);
const P521 = multibase(0x1202, 67);
const BLS12_381_G2 = multibase(0xeb, 96);
const ML_KEM_768 = multibase(0x120c, 1184);
const ML_DSA_44 = multibase(0x1210, 1312);
const ML_DSA_65 = multibase(0x1211, 1952);
const ML_DSA_87 = multibase(0x1212, 2592);
const RSA_PUBLIC_KEY = 0x1205;

const SUITES = 'https://w3id.org/security/suites';
const multikey = (algorithm: KeyAlgorithm, publicKey: PublicKeyFormat, shortName?: string) => ({
  ...(shortName !== undefined && {shortName}),
  algorithm,
  context: 'https://w3id.org/security/multikey/v1',
  descriptionType: 'Multikey',
  publicKey,
});

const TABLE = {
  Ed25519VerificationKey2020: {
    shortName: 'ed25519',
    algorithm: 'Ed25519',
    context: `${SUITES}/ed25519-2020/v1`,
    descriptionType: 'Ed25519VerificationKey2020',
    publicKey: ED25519,
  },
  Ed25519VerificationKey2018: {
    algorithm: 'Ed25519',
    context: `${SUITES}/ed25519-2018/v1`,
    descriptionType: 'Ed25519VerificationKey2018',
    publicKey: {member: 'publicKeyBase58', prefix: new Uint8Array(), length: 32},
  },
  X25519KeyAgreementKey2020: {
    shortName: 'x25519',
    algorithm: 'X25519',
    context: `${SUITES}/x25519-2020/v1`,
    descriptionType: 'X25519KeyAgreementKey2020',
    publicKey: X25519,
  },
  Sha256HmacKey2019: {
    shortName: 'hmac-sha256',
    algorithm: 'HMAC-SHA-256',
    context: `${SUITES}/hmac-2019/v1`,
    descriptionType: 'Sha256HmacKey2019',
  },
  AesKeyWrappingKey2019: {
    shortName: 'aes-kw-256',
    algorithm: 'AES-KW-256',
    context: `${SUITES}/aes-2019/v1`,
    descriptionType: 'AesKeyWrappingKey2019',
  },
  'urn:webkms:symmetric:AES-256-GCM': {
    shortName: 'aes256',
    algorithm: 'AES-256-GCM',
    context: 'https://w3id.org/webkms/v1',
    descriptionType: 'urn:webkms:symmetric:AES-256-GCM',
  },
  'urn:webkms:multikey:Ed25519': multikey('Ed25519', ED25519),
  'urn:webkms:multikey:P-256': multikey('ECDSA-P-256', P256, 'ecdsa-p256'),
  'urn:webkms:multikey:P-384': multikey('ECDSA-P-384', P384, 'ecdsa-p384'),
  'urn:webkms:multikey:P-521': multikey('ECDSA-P-521', P521, 'ecdsa-p521'),
  'urn:webkms:multikey:secp256k1': multikey('ECDSA-secp256k1', SECP256K1, 'ecdsa-secp256k1'),
  'urn:webkms:multikey:X25519': multikey('X25519', X25519),
  'urn:webkms:multikey:ECDH-P-256': multikey('ECDH-P-256', P256, 'ecdh-p256'),
  'urn:webkms:multikey:ECDH-P-384': multikey('ECDH-P-384', P384, 'ecdh-p384'),
  'urn:webkms:multikey:ECDH-P-521': multikey('ECDH-P-521', P521, 'ecdh-p521'),
  'urn:webkms:multikey:RSA-2048': multikey('RSA-2048', multibase(RSA_PUBLIC_KEY, 270), 'rsa2048'),
  'urn:webkms:multikey:RSA-3072': multikey('RSA-3072', multibase(RSA_PUBLIC_KEY, 398), 'rsa3072'),
  'urn:webkms:multikey:RSA-4096': multikey('RSA-4096', multibase(RSA_PUBLIC_KEY, 526), 'rsa4096'),
  'urn:webkms:multikey:BBS-BLS12-381-SHA-256': multikey('BBS-BLS12-381-SHA-256', BLS12_381_G2, 'bbs-sha256'),
  'urn:webkms:multikey:Bls12381G2': multikey('BBS-BLS12-381-SHA-256', BLS12_381_G2),
  'urn:webkms:multikey:BBS-BLS12-381-SHAKE-256': multikey(
    'BBS-BLS12-381-SHAKE-256',
    BLS12_381_G2,
    'bbs-shake256',
  ),
  'urn:webkms:multikey:ML-DSA-44': multikey('ML-DSA-44', ML_DSA_44, 'ml-dsa-44'),
  'urn:webkms:multikey:ML-DSA-65': multikey('ML-DSA-65', ML_DSA_65, 'ml-dsa-65'),
  'urn:webkms:multikey:ML-DSA-87': multikey('ML-DSA-87', ML_DSA_87, 'ml-dsa-87'),
  'urn:webkms:multikey:ML-KEM-768': multikey('ML-KEM-768', ML_KEM_768, 'ml-kem-768'),
} as const satisfies Readonly<Record<string, KeyTypeTraits>>;

/** A key type's name on the wire. */
export type KeyType = keyof typeof TABLE;

/** Everything the server needs to know about one key type: also what its algorithm has. */
export interface KeyTypeDescriptor extends KeyTypeTraits, KeyAlgorithmTraits {
  readonly name: KeyType;
}

const table = Object.create(null) as Record<KeyType, KeyTypeDescriptor>;
for (const name of Object.keys(TABLE) as KeyType[]) {
  const traits: KeyTypeTraits = TABLE[name];
  table[name] = Object.freeze({name, ...traits, ...KEY_ALGORITHMS[traits.algorithm]});
}

/** All key types by their name on the wire; no prototype, so `constructor` finds nothing. */
export const KEY_TYPES: Readonly<Record<KeyType, KeyTypeDescriptor>> = Object.freeze(table);

/** @returns the descriptor of the type that the wire calls `name`, or undefined where there is none. */
export function findKeyType(name: string): KeyTypeDescriptor | undefined {
  return (KEY_TYPES as Readonly<Record<string, KeyTypeDescriptor | undefined>>)[name];
}

const byShortName = new Map(
  Object.values(KEY_TYPES).flatMap((type) => (type.shortName === undefined ? [] : [[type.shortName, type]])),
);

/** @returns the descriptor of the type that people call `name`, by its short name or its name on the wire. */
export function findNamedKeyType(name: string): KeyTypeDescriptor | undefined {
  return byShortName.get(name) ?? findKeyType(name);
}
