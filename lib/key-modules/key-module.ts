import type {EncryptionAlgorithm, SignatureAlgorithm} from '../keys/key-algorithms.ts';
import type {KeyType} from '../keys/key-types.ts';
import type {KeyOperation} from '../storage/key-record.ts';
import type {HeldKeys} from './held-keys.ts';

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

/** What a module does with the keys of one type: all of what keys/key-types.ts says of the type, or less. */
export interface KeyTypeSupport {
  /** At least one. */
  readonly operations: readonly KeyOperation[];
  /**
   * Present where it signs or verifies. The type's own first is among them: an operation that names none means the same in
   * every module.
   */
  readonly signatureAlgorithms?: readonly SignatureAlgorithm[];
  /** Present where it encrypts or decrypts. The type's own first is among them. */
  readonly encryptionAlgorithms?: readonly EncryptionAlgorithm[];
  /** Whether `importKey` takes keys of this type. */
  readonly importable: boolean;
  /** Whether `exportKey` gives keys of this type; false: they can never leave the module. */
  readonly extractable: boolean;
}

export interface Encapsulated {
  /** The shared secret. */
  readonly secret: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * Does cryptography with keys that it alone can use: in this process, in an HSM, in another process or on another host. What
 * it needs to find a key again it gives as `material`, which is stored with the key's record, authenticated, and shown to
 * nobody. All bytes in and out are raw; ECDSA signatures are r‖s, with secp256k1 those with the smaller s, though either
 * verifies. Whoever calls neither changes nor keeps what it hands over, and so does the module.
 * Every method throws `NotSupportedError` where the key's type has no such operation or algorithm, `MalformedRequestError`
 * where the input's length or form cannot be right, `OperationFailedError` where the operation fails on it (one message, no
 * detail), `InternalError` where the key's material is not what was stored, `UnavailableError` where the module cannot
 * be reached. Every promise is settled in bounded time, and nothing blocks the event loop for longer than a millisecond or so.
 */
export interface KeyModule {
  /** The name that keystores use on the wire, e.g. `software`. */
  readonly id: string;
  /**
   * What it does with keys of `type`, undefined where it makes and uses none: asked before anything is created, and before
   * every operation. As long as nothing changes it is the same object, and so it is while the module cannot be reached.
   */
  keyType(type: KeyType): KeyTypeSupport | undefined;
  generateKey(id: KeyVersionId): Promise<GeneratedKey>;
  /**
   * Takes a key that was made elsewhere, in the `secretForm` of its type. The caller zeroes `secret`. Absent where no type is
   * importable. @throws MalformedRequestError where it is not a secret of that type.
   */
  importKey?(id: KeyVersionId, secret: Uint8Array): Promise<GeneratedKey>;
  /** The secret, in the `secretForm` of its type; the caller zeroes it. Absent where no type is extractable. */
  exportKey?(key: KeyVersion): Promise<Uint8Array>;
  /**
   * Erases what the module itself keeps of a key version; absent where it keeps nothing. Called once no record refers to it any
   * more, or where none ever did: of what is not there (any more) it does nothing. Erases what `material` stands for and nothing
   * else: two servers that rotate a key at once make two keys of one identity, of which one is stored. Where it fails, or the
   * server stops before, the key is left as an orphan that nobody can use through the server.
   */
  destroyKey?(key: KeyVersion): Promise<void>;
  /**
   * For `webkms admin check`: whether the key is there, and is that of the stored public key, without using it. Absent where
   * `reseal` tells. @throws InternalError where it is not
   */
  checkKey?(key: KeyVersion): Promise<void>;
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
  /** What the module keeps itself, for `webkms admin hsm reconcile`; absent where it keeps nothing, or cannot list it. */
  readonly held?: HeldKeys;
  /** The same material, sealed under the newest data key version. Absent where an HSM keeps the keys. */
  reseal?(key: KeyVersion): Promise<Required<SealedMaterial>>;
  /** Throws `UnavailableError` where the module cannot be used now. */
  check(): Promise<void>;
  /**
   * Drops what it has opened of sealed material: of one key version, which is used no longer; of all, as the server was sealed. What is
   * being done is finished.
   */
  forget?(key?: KeyVersionId): void;
  /** Releases everything; all that is asked afterwards is refused with `UnavailableError`, but `close`, which does nothing. */
  close(): Promise<void>;
}
