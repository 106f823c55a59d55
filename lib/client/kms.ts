import type {Jwk} from '../keys/jwk-members.ts';
import type {EncryptionAlgorithm, HashAlgorithm, SignatureAlgorithm} from '../keys/key-algorithms.ts';

/**
 * A key as JSON Web Key (RFC 7517), public members only: of a secret key `kty` is `oct` and there is no `k`. ML-DSA and ML-KEM
 * are `AKP` (RFC 9964); BBS keys, which have no JWK, are `{kty: 'OKP', crv: 'Bls12381G2', x}`.
 */
export interface KeyJwk {
  /** The key's URL; of an old version with `?version=n`. */
  readonly kid: string;
  readonly kty: string;
  readonly crv?: string;
  /** The first of what the key can do. */
  readonly alg?: string;
  readonly key_ops: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly description?: string;
  /** Certificate chain: standard base64 of DER, the key's own certificate first (RFC 7517 §4.7). */
  readonly x5c?: readonly string[];
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
  readonly pub?: string;
}

export interface SignOptions {
  readonly algorithm?: SignatureAlgorithm;
  /** `data` is a digest, by this hash. */
  readonly hashAlgorithm?: HashAlgorithm;
}

export interface EncryptOptions {
  readonly algorithm?: EncryptionAlgorithm;
  readonly additionalData?: Uint8Array;
}

/** What is known of a key, whatever it is; the object holds no secret. */
interface KeyHandle {
  /** The key's URL. */
  readonly kid: string;
  /** From 1: the version that this object was made of. */
  readonly version: number;
  /** The key's type on the wire, e.g. `urn:webkms:multikey:P-256`. */
  readonly keyType: string;
  readonly jwk: KeyJwk;
}

/** Works by itself: nobody is asked. */
export interface PublicKey extends KeyHandle {
  readonly type: 'public';
  /** In the encoding of the key's type: compressed point, RFC 8032 or 7748, FIPS 203 or 204, DER of an RSAPublicKey. */
  readonly raw: Uint8Array;
  /** How it verifies; nothing where it does not. The first is the default. */
  readonly signatureAlgorithms: readonly SignatureAlgorithm[];
  /** How it encrypts; nothing where it does not. */
  readonly encryptionAlgorithms: readonly EncryptionAlgorithm[];
  /** ECDSA signatures are r‖s. @throws NotSupportedError where keys of this type do not verify */
  verify(data: Uint8Array, signature: Uint8Array, options?: SignOptions): Promise<boolean>;
  /** @returns the text that the KMS decrypts. @throws NotSupportedError where keys of this type do not encrypt */
  encrypt(plaintext: Uint8Array, options?: EncryptOptions): Promise<string>;
  /** FIPS 203: a new shared secret, and the text that the KMS finds it by. @throws NotSupportedError where keys of this type do not */
  encapsulate(): Promise<Encapsulation>;
  /** DER of a SubjectPublicKeyInfo (RFC 5280). @throws NotSupportedError where there is no such form (BBS) */
  toSpki(): Uint8Array;
  /** The same in PEM. @throws NotSupportedError */
  toPem(): string;
}

export interface Encapsulation {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly ciphertext: string;
}

export interface Signature {
  /** ECDSA: r‖s. */
  readonly signature: Uint8Array;
  /** The version that signed. */
  readonly keyVersion: number;
}

/** Names a key in the KMS; what it does is done there. */
export interface PrivateKey extends KeyHandle {
  readonly type: 'private';
  sign(data: Uint8Array, options?: SignOptions): Promise<Signature>;
  decrypt(ciphertext: string, options?: EncryptOptions): Promise<Uint8Array>;
}

/** Names a symmetric key in the KMS; what it does is done there. */
export interface SecretKey extends KeyHandle {
  readonly type: 'secret';
  sign(data: Uint8Array): Promise<Signature>;
  verify(data: Uint8Array, signature: Uint8Array): Promise<boolean>;
  encrypt(plaintext: Uint8Array, options?: EncryptOptions): Promise<string>;
  decrypt(ciphertext: string, options?: EncryptOptions): Promise<Uint8Array>;
}

export interface NewKeyOptions {
  /** Unique in the keystore; the tag `name`. */
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly keyOps?: readonly string[];
  /** As on the wire, docs/keys.md. */
  readonly policy?: KeyPolicyJson;
  readonly maxCapabilityChainLength?: number;
  readonly publicAlias?: string;
  readonly publicAliasTemplate?: string;
}

/** A policy as it is on the wire: docs/keys.md. */
export interface KeyPolicyJson {
  readonly allowedOperations?: readonly string[];
  readonly allowedAlgorithms?: readonly string[];
  readonly rotation?: {readonly afterSeconds?: number; readonly afterUses?: number};
  readonly exportable?: boolean;
  readonly deletionProtection?: boolean;
  readonly minDeletionWindowSeconds?: number;
  readonly minVersions?: number;
  readonly maxVersions?: number;
  readonly destroyUsableVersions?: boolean;
  readonly minDecryptVersion?: number;
  /** XSD date-times. */
  readonly usageWindow?: {readonly notBefore?: string; readonly notAfter?: string};
  readonly maxDataBytes?: number;
  readonly rate?: {readonly uses: number; readonly perSeconds: number};
}

/** What is imported: a JWK with its private members, PKCS#8 (PEM or DER), or the bytes of a symmetric key. */
export type ImportedKey =
  {readonly jwk: Jwk} | {readonly pem: string} | {readonly pkcs8: Uint8Array} | {readonly raw: Uint8Array};

/**
 * A key management service, wherever it is. `alg` is a short name (`ecdsa-p256`) or a type of the wire. Errors are those of
 * lib/errors.ts, whichever side of a network they come from; `KmsConnectionError` where the service cannot be reached.
 * Where a `kid` is asked for, the key's URL or `name:NAME` will do.
 */
export interface Kms extends AsyncDisposable {
  /** The keystore's URL. */
  readonly serviceIdentifier: string;
  /** @throws NotSupportedError where keys of that kind have no public key */
  generateKeyPair(
    alg: string,
    options?: NewKeyOptions,
  ): Promise<{readonly publicKey: PublicKey; readonly privateKey: PrivateKey}>;
  /** @throws NotSupportedError where keys of that kind have a public key */
  generateKey(alg: string, options?: NewKeyOptions): Promise<SecretKey>;
  /** `alg` may be left out where the key tells. It goes wrapped under a one-time key of the service. */
  importPrivateKey(
    key: ImportedKey,
    options?: NewKeyOptions & {readonly alg?: string},
  ): Promise<PrivateKey | SecretKey>;
  /** The newest version, or `version`; it comes wrapped to a key made for this call. @throws KeyPolicyError where it is not exportable */
  exportPrivateKey(kid: string, options?: {readonly version?: number}): Promise<Jwk>;
  getPublicKey(kid: string, options?: {readonly version?: number}): Promise<PublicKey>;
  /** Of every key that has one, the newest version. */
  getPublicKeys(): Promise<readonly PublicKey[]>;
  getPrivateKey(kid: string): Promise<PrivateKey>;
  getSecretKey(kid: string): Promise<SecretKey>;
  sign(kid: string, data: Uint8Array, options?: SignOptions): Promise<Signature>;
  verify(
    kid: string,
    data: Uint8Array,
    signature: Uint8Array,
    options?: SignOptions & {readonly keyVersion?: number},
  ): Promise<boolean>;
  encrypt(kid: string, plaintext: Uint8Array, options?: EncryptOptions): Promise<string>;
  decrypt(kid: string, ciphertext: string, options?: EncryptOptions): Promise<Uint8Array>;
  /** RFC 3394; `unwrappedKey` has 16 to 65,536 bytes, a multiple of 8. */
  wrapKey(kid: string, unwrappedKey: Uint8Array): Promise<Uint8Array>;
  unwrapKey(kid: string, wrappedKey: Uint8Array): Promise<Uint8Array>;
  /** Agrees on a secret with the holder of a key of the same type: the x coordinate, or what RFC 7748 gives. */
  deriveSecret(kid: string, peer: PublicKey): Promise<Uint8Array>;
  /** The secret of what `PublicKey.encapsulate` gave. */
  decapsulate(kid: string, ciphertext: string): Promise<Uint8Array>;
  /** Forgets credentials and closes connections; the keys stay. Nothing can be called afterwards. `await using` does it, too. */
  destroy(): Promise<void>;
}

/** A version in a key's metadata. */
export interface KeyVersionInfo {
  readonly version: number;
  readonly createdAt: string;
  readonly status: string;
  readonly publicKeyMultibase?: string;
  readonly uses?: number;
  readonly x5c?: readonly string[];
}

/** A key with its metadata, as docs/keys.md has it. */
export interface KeyInfo {
  readonly kid: string;
  /** On the wire; `shortName` is what people call it. */
  readonly keyType: string;
  readonly shortName: string;
  readonly state: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly origin: 'generated' | 'imported';
  readonly currentVersion: number;
  readonly versions: readonly KeyVersionInfo[];
  readonly operations: readonly string[];
  readonly algorithms?: readonly string[];
  readonly kmsModule?: string;
  readonly extractable?: boolean;
  readonly keyOps?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly policy?: KeyPolicyJson;
  readonly maxCapabilityChainLength?: number;
  readonly deletion?: {readonly requestedAt: string; readonly destroyAt: string};
  readonly warnings?: readonly string[];
}

/** What `updateKey` changes: each member replaces what was there, null removes it. */
export interface KeyUpdate {
  readonly tags?: Readonly<Record<string, string>> | null;
  readonly description?: string | null;
  readonly policy?: KeyPolicyJson | null;
  readonly maxCapabilityChainLength?: number | null;
  readonly publicAlias?: string | null;
  readonly publicAliasTemplate?: string | null;
  readonly x5c?: readonly string[] | null;
  /** Whose `x5c`; default: the newest. */
  readonly keyVersion?: number;
}

/** A KMS whose keys are also looked after from here: what the command line needs. Both implementations are. */
export interface KeyAdministrationKms extends Kms {
  createKey(alg: string, options?: NewKeyOptions): Promise<KeyInfo>;
  /** In order of creation. */
  listKeys(): AsyncIterable<KeyInfo>;
  getKey(kid: string): Promise<KeyInfo>;
  rotateKey(kid: string): Promise<KeyInfo>;
  updateKey(kid: string, update: KeyUpdate): Promise<KeyInfo>;
  disableKey(kid: string, options?: {readonly keyVersion?: number}): Promise<KeyInfo>;
  enableKey(kid: string, options?: {readonly keyVersion?: number}): Promise<KeyInfo>;
  deleteKey(
    kid: string,
    options?: {readonly recoveryWindowSeconds?: number; readonly keyVersion?: number},
  ): Promise<KeyInfo>;
  restoreKey(kid: string): Promise<KeyInfo>;
  rewrap(kid: string, ciphertext: string, options?: EncryptOptions): Promise<string>;
  generateDataKey(
    kid: string,
    options?: {readonly numberOfBytes?: number; readonly additionalData?: Uint8Array},
  ): Promise<{readonly plaintext: Uint8Array; readonly ciphertext: string}>;
}
