import {constants, encapsulate, publicEncrypt} from 'node:crypto';
import {MalformedRequestError, NotSupportedError, OperationFailedError} from '../errors.ts';
import {formatCiphertext} from '../keys/ciphertext-text.ts';
import type {EncryptionAlgorithm, SignatureAlgorithm} from '../keys/key-algorithms.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {openPublicKey} from '../keys/public-key-codec/public-key-object.ts';
import {formatSpki, formatSpkiPem} from '../keys/public-key-codec/spki.ts';
import type {KeyOperation} from '../storage/key-record.ts';
import {UnexpectedReplyError} from './client-errors.ts';
import type {DescribedKey} from './key-info.ts';
import {describeAsJwk} from './key-jwk.ts';
import type {Encapsulation, EncryptOptions, KeyJwk, PublicKey, SignOptions} from './kms.ts';
import {signatureScheme, verifySignature} from './verify-signature.ts';

/** A public key that was fetched once; from then on nobody is asked. */
export class KmsPublicKey implements PublicKey {
  readonly type = 'public';
  readonly kid: string;
  readonly version: number;
  readonly keyType: string;
  readonly jwk: KeyJwk;
  readonly raw: Uint8Array;
  readonly signatureAlgorithms: readonly SignatureAlgorithm[];
  readonly encryptionAlgorithms: readonly EncryptionAlgorithm[];
  readonly #type: KeyTypeDescriptor;
  readonly #operations: readonly string[];

  /** @throws NotSupportedError where the key has no public key. @throws UnexpectedReplyError where it should, and none was told */
  constructor(key: DescribedKey, version: number) {
    const raw = key.publicKeys.get(version);
    if (!key.type.publicKey) throw new NotSupportedError('Keys of this type have no public key.');
    if (!raw) throw new UnexpectedReplyError('the public key of the version is missing.');
    this.jwk = describeAsJwk(key, version, 'public');
    this.kid = this.jwk.kid;
    this.version = version;
    this.keyType = key.type.name;
    this.#type = key.type;
    this.raw = raw;
    this.#operations = key.info.operations;
    this.signatureAlgorithms = this.#does('verify') ? (key.type.signatureAlgorithms ?? []) : [];
    this.encryptionAlgorithms = this.#does('encrypt') ? (key.type.encryptionAlgorithms ?? []) : [];
  }

  async verify(data: Uint8Array, signature: Uint8Array, options?: SignOptions): Promise<boolean> {
    this.#assertDoes('verify');
    const scheme = signatureScheme(this.#type, options);
    return verifySignature(this.#type, this.raw, {scheme, data, signature});
  }

  async encrypt(plaintext: Uint8Array, options: EncryptOptions = {}): Promise<string> {
    this.#assertDoes('encrypt');
    const {algorithm = this.encryptionAlgorithms[0], additionalData} = options;
    if (algorithm !== 'RSA-OAEP-256') {
      throw new NotSupportedError('Keys of this type do not encrypt like that.', {
        details: {supported: this.encryptionAlgorithms},
      });
    }
    return formatCiphertext(this.version, this.#encryptOaep(plaintext, additionalData));
  }

  async encapsulate(): Promise<Encapsulation> {
    this.#assertDoes('encapsulate');
    const {sharedKey, ciphertext} = encapsulate(openPublicKey(this.#type, this.raw));
    return {secret: sharedKey, ciphertext: formatCiphertext(this.version, ciphertext)};
  }

  toSpki(): Uint8Array {
    return formatSpki(this.#type, this.raw);
  }

  toPem(): string {
    return formatSpkiPem(this.#type, this.raw);
  }

  #encryptOaep(plaintext: Uint8Array, oaepLabel: Uint8Array | undefined): Buffer {
    const key = openPublicKey(this.#type, this.raw);
    const bytes = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
    // RFC 8017 §7.1.1: two hashes and two bytes.
    const longest = bytes - 2 * 32 - 2;
    if (plaintext.length > longest) {
      throw new MalformedRequestError(`Keys of this type encrypt at most ${longest} bytes.`);
    }
    try {
      return publicEncrypt(
        {
          key,
          padding: constants.RSA_PKCS1_OAEP_PADDING,
          oaepHash: 'sha256',
          ...(oaepLabel && oaepLabel.length > 0 && {oaepLabel}),
        },
        plaintext,
      );
    } catch (cause) {
      throw new OperationFailedError('The operation failed.', {cause});
    }
  }

  #does(operation: KeyOperation): boolean {
    return this.#operations.includes(operation);
  }

  #assertDoes(operation: KeyOperation): void {
    if (this.#does(operation)) return;
    throw new NotSupportedError('The key does not support this operation.', {
      details: {supported: this.#operations},
    });
  }
}
