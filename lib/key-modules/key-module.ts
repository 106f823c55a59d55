import type {EncryptionAlgorithm, SignatureAlgorithm} from '../keys/key-algorithms.ts';
import type {KeyType} from '../keys/key-types.ts';

/** The identity of one key version; key modules bind sealed material to it. */
export interface KeyVersionId {
  /** The keystore's URL. */
  readonly keystoreId: string;
  readonly localKeyId: string;
  readonly type: KeyType;
  /** From 1. */
  readonly version: number;
}

/** A key version to be used: its identity and what the store holds of it. */
export interface KeyVersion extends KeyVersionId {
  /** Raw public key, see key-types.ts; absent for symmetric keys. */
  readonly publicKey?: Uint8Array;
  /** As `generateKey` returned it. */
  readonly material: Uint8Array;
}

/** Key material as it is to be stored. */
export interface SealedMaterial {
  readonly material: Uint8Array;
  /** The data key version that sealed it, which must not be deleted meanwhile; absent where an HSM keeps the key. */
  readonly dataKeyVersionId?: string;
}

export interface GeneratedKey extends SealedMaterial {
  readonly publicKey?: Uint8Array;
}

/** How to sign, or how it was signed. */
export interface SignatureOptions {
  /** One of the key type's `signatureAlgorithms`; default: the first of them. */
  readonly algorithm?: SignatureAlgorithm;
  /** Whether `data` is the digest of what is signed, by the hash of the algorithm (keys/key-algorithms.ts). */
  readonly prehashed?: boolean;
}

/** How to encrypt, or how it was encrypted. */
export interface EncryptionOptions {
  /** One of the key type's `encryptionAlgorithms`; default: the first of them. */
  readonly algorithm?: EncryptionAlgorithm;
  /** Authenticated, not encrypted; must be given again to decrypt. Of RSA-OAEP the label. Default: none */
  readonly additionalData?: Uint8Array;
}

export interface Encapsulated {
  /** The shared secret. */
  readonly secret: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * Does cryptography with keys that it alone can use. All bytes in and out are raw; ECDSA signatures are r‖s, with secp256k1
 * those with the smaller s, though either verifies.
 * Every method throws `NotSupportedError` where the key's type has no such operation or algorithm, `MalformedRequestError`
 * where the input's length or form cannot be right, `OperationFailedError` where the operation fails on it (one message, no
 * detail), `InternalError` where the key's material is not what was stored, `UnavailableError` where the module cannot
 * be reached.
 */
export interface KeyModule {
  /** The name that keystores use on the wire, e.g. `software`. */
  readonly id: string;
  /** Whether it can make and use keys of `type`; asked before anything is created. */
  supports(type: KeyType): boolean;
  generateKey(id: KeyVersionId): Promise<GeneratedKey>;
  /**
   * Takes a key that was made elsewhere, in the `secretForm` of its type. The caller zeroes `secret`. Absent where keys
   * cannot be imported. @throws MalformedRequestError where it is not a secret of that type.
   */
  importKey?(id: KeyVersionId, secret: Uint8Array): Promise<GeneratedKey>;
  /** The secret, in the `secretForm` of its type; the caller zeroes it. Absent where keys cannot be exported. */
  exportKey?(key: KeyVersion): Promise<Uint8Array>;
  /** @throws MalformedRequestError where `prehashed` data is not as long as a digest. */
  sign(key: KeyVersion, data: Uint8Array, options?: SignatureOptions): Promise<Uint8Array>;
  /**
   * False for whatever is not a good signature over `data`, of any length and form; never throws for it.
   * @throws MalformedRequestError where `prehashed` data is not as long as a digest.
   */
  verify(
    key: KeyVersion,
    data: Uint8Array,
    signature: Uint8Array,
    options?: SignatureOptions,
  ): Promise<boolean>;
  /** AES-GCM: nonce (96 random bits) ‖ ciphertext ‖ tag (128 bits). RSA-OAEP: as RFC 8017 gives it. */
  encrypt(key: KeyVersion, plaintext: Uint8Array, options?: EncryptionOptions): Promise<Uint8Array>;
  /** undefined where it does not open, whatever the reason. */
  decrypt(
    key: KeyVersion,
    ciphertext: Uint8Array,
    options?: EncryptionOptions,
  ): Promise<Uint8Array | undefined>;
  /** RFC 3394. `unwrappedKey` is 16 to 65,536 bytes, a multiple of 8. */
  wrapKey(key: KeyVersion, unwrappedKey: Uint8Array): Promise<Uint8Array>;
  /** undefined where it does not open. */
  unwrapKey(key: KeyVersion, wrappedKey: Uint8Array): Promise<Uint8Array | undefined>;
  /** `publicKey` is the peer's, raw and in the encoding of this key's type. The shared secret as the curve gives it (RFC 7748; x coordinate). */
  deriveSecret(key: KeyVersion, publicKey: Uint8Array): Promise<Uint8Array>;
  /** FIPS 203: a new shared secret, and what the private key finds it by. */
  encapsulate(key: KeyVersion): Promise<Encapsulated>;
  /** Of a ciphertext that nobody encapsulated a secret that nobody knows (implicit rejection). */
  decapsulate(key: KeyVersion, ciphertext: Uint8Array): Promise<Uint8Array>;
  /** The same material, sealed under the newest data key version. Absent where an HSM keeps the keys. */
  reseal?(key: KeyVersion): Promise<Required<SealedMaterial>>;
  /** Throws where the module cannot be used now. */
  check(): Promise<void>;
  close(): Promise<void>;
}
