/** What a key does its work with; key modules dispatch on it. */
export type KeyAlgorithm =
  | 'Ed25519'
  | 'ECDSA-P-256'
  | 'ECDSA-P-384'
  | 'ECDSA-P-521'
  | 'X25519'
  | 'ECDH-P-256'
  | 'ECDH-P-384'
  | 'ECDH-P-521'
  | 'HMAC-SHA-256'
  | 'AES-KW-256'
  | 'BBS-BLS12-381-SHA-256'
  | 'BBS-BLS12-381-SHAKE-256'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87';

/** An operation that a key module can do with a key: also the name of the capability action. */
export type KeyOperation = 'sign' | 'verify' | 'wrapKey' | 'unwrapKey' | 'deriveSecret';

/** How a raw public key is written in a key description. */
export interface PublicKeyFormat {
  /** `publicKeyMultibase` is `z` + base58btc(prefix ‖ raw), `publicKeyBase58` is base58btc(raw). */
  readonly member: 'publicKeyMultibase' | 'publicKeyBase58';
  /** The multicodec code as varint bytes; empty in `publicKeyBase58`. */
  readonly prefix: Uint8Array;
  /** Bytes of the raw key: RFC 8032 / RFC 7748, compressed SEC 1 point, compressed G2 point, or FIPS 204. */
  readonly length: number;
}

interface KeyTypeTraits {
  readonly algorithm: KeyAlgorithm;
  /** `@context` of the key's description. */
  readonly context: string;
  /** `type` of the key's description. */
  readonly descriptionType: string;
  /** Absent for symmetric keys. */
  readonly publicKey?: PublicKeyFormat;
  readonly operations: readonly KeyOperation[];
}

const SIGNATURE = ['sign', 'verify'] as const;
const AGREEMENT = ['deriveSecret'] as const;

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
const P256 = multibase(0x1200, 33);
const P384 = multibase(0x1201, 49);
const P521 = multibase(0x1202, 67);
const BLS12_381_G2 = multibase(0xeb, 96);
const ML_DSA_44 = multibase(0x1210, 1312);
const ML_DSA_65 = multibase(0x1211, 1952);
const ML_DSA_87 = multibase(0x1212, 2592);

const SUITES = 'https://w3id.org/security/suites';
const multikey = (
  algorithm: KeyAlgorithm,
  publicKey: PublicKeyFormat,
  operations: readonly KeyOperation[],
) => ({
  algorithm,
  context: 'https://w3id.org/security/multikey/v1',
  descriptionType: 'Multikey',
  publicKey,
  operations,
});

const TABLE = {
  Ed25519VerificationKey2020: {
    algorithm: 'Ed25519',
    context: `${SUITES}/ed25519-2020/v1`,
    descriptionType: 'Ed25519VerificationKey2020',
    publicKey: ED25519,
    operations: SIGNATURE,
  },
  Ed25519VerificationKey2018: {
    algorithm: 'Ed25519',
    context: `${SUITES}/ed25519-2018/v1`,
    descriptionType: 'Ed25519VerificationKey2018',
    publicKey: {member: 'publicKeyBase58', prefix: new Uint8Array(), length: 32},
    operations: SIGNATURE,
  },
  X25519KeyAgreementKey2020: {
    algorithm: 'X25519',
    context: `${SUITES}/x25519-2020/v1`,
    descriptionType: 'X25519KeyAgreementKey2020',
    publicKey: X25519,
    operations: AGREEMENT,
  },
  Sha256HmacKey2019: {
    algorithm: 'HMAC-SHA-256',
    context: `${SUITES}/hmac-2019/v1`,
    descriptionType: 'Sha256HmacKey2019',
    operations: SIGNATURE,
  },
  AesKeyWrappingKey2019: {
    algorithm: 'AES-KW-256',
    context: `${SUITES}/aes-2019/v1`,
    descriptionType: 'AesKeyWrappingKey2019',
    operations: ['wrapKey', 'unwrapKey'],
  },
  'urn:webkms:multikey:Ed25519': multikey('Ed25519', ED25519, SIGNATURE),
  'urn:webkms:multikey:P-256': multikey('ECDSA-P-256', P256, SIGNATURE),
  'urn:webkms:multikey:P-384': multikey('ECDSA-P-384', P384, SIGNATURE),
  'urn:webkms:multikey:P-521': multikey('ECDSA-P-521', P521, SIGNATURE),
  'urn:webkms:multikey:X25519': multikey('X25519', X25519, AGREEMENT),
  'urn:webkms:multikey:ECDH-P-256': multikey('ECDH-P-256', P256, AGREEMENT),
  'urn:webkms:multikey:ECDH-P-384': multikey('ECDH-P-384', P384, AGREEMENT),
  'urn:webkms:multikey:ECDH-P-521': multikey('ECDH-P-521', P521, AGREEMENT),
  'urn:webkms:multikey:BBS-BLS12-381-SHA-256': multikey('BBS-BLS12-381-SHA-256', BLS12_381_G2, SIGNATURE),
  'urn:webkms:multikey:Bls12381G2': multikey('BBS-BLS12-381-SHA-256', BLS12_381_G2, SIGNATURE),
  'urn:webkms:multikey:BBS-BLS12-381-SHAKE-256': multikey('BBS-BLS12-381-SHAKE-256', BLS12_381_G2, SIGNATURE),
  'urn:webkms:multikey:ML-DSA-44': multikey('ML-DSA-44', ML_DSA_44, SIGNATURE),
  'urn:webkms:multikey:ML-DSA-65': multikey('ML-DSA-65', ML_DSA_65, SIGNATURE),
  'urn:webkms:multikey:ML-DSA-87': multikey('ML-DSA-87', ML_DSA_87, SIGNATURE),
} as const satisfies Readonly<Record<string, KeyTypeTraits>>;

/** A key type's name on the wire. */
export type KeyType = keyof typeof TABLE;

/** Everything the server needs to know about one key type. */
export interface KeyTypeDescriptor extends KeyTypeTraits {
  readonly name: KeyType;
}

const table = Object.create(null) as Record<KeyType, KeyTypeDescriptor>;
for (const name of Object.keys(TABLE) as KeyType[]) table[name] = Object.freeze({name, ...TABLE[name]});

/** All key types of AUTHORIZATION §8 by their name on the wire; no prototype, so `constructor` finds nothing. */
export const KEY_TYPES: Readonly<Record<KeyType, KeyTypeDescriptor>> = Object.freeze(table);

/** @returns the descriptor of the type that the wire calls `name`, or undefined where there is none. */
export function findKeyType(name: string): KeyTypeDescriptor | undefined {
  return (KEY_TYPES as Readonly<Record<string, KeyTypeDescriptor | undefined>>)[name];
}
