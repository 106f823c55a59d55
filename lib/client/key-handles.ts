import {NotSupportedError} from '../errors.ts';
import type {DescribedKey} from './key-info.ts';
import {describeAsJwk, type KeyRole} from './key-jwk.ts';
import type {EncryptOptions, KeyJwk, Kms, PrivateKey, SecretKey, Signature, SignOptions} from './kms.ts';

type KeyUsingKms = Pick<Kms, 'sign' | 'verify' | 'encrypt' | 'decrypt'>;

/** The name of a key, and what to ask to use it: there is no material here that could be shown, copied or sent. */
abstract class KmsKeyHandle {
  readonly kid: string;
  readonly version: number;
  readonly keyType: string;
  readonly jwk: KeyJwk;
  readonly #kms: KeyUsingKms;

  constructor(kms: KeyUsingKms, key: DescribedKey, role: Exclude<KeyRole, 'public'>) {
    this.version = key.info.currentVersion;
    this.jwk = describeAsJwk(key, this.version, role);
    this.kid = this.jwk.kid;
    this.keyType = key.type.name;
    this.#kms = kms;
  }

  /** Of the prototype: it is not listed, written or cloned with the key's name. */
  protected get kms(): KeyUsingKms {
    return this.#kms;
  }

  sign(data: Uint8Array, options?: SignOptions): Promise<Signature> {
    return this.kms.sign(this.kid, data, options);
  }

  decrypt(ciphertext: string, options?: EncryptOptions): Promise<Uint8Array> {
    return this.kms.decrypt(this.kid, ciphertext, options);
  }
}

export class KmsPrivateKey extends KmsKeyHandle implements PrivateKey {
  readonly type = 'private';

  /** @throws NotSupportedError where it is a key without private half */
  constructor(kms: KeyUsingKms, key: DescribedKey) {
    if (!key.type.publicKey) throw new NotSupportedError('Keys of this type are secret, not private.');
    super(kms, key, 'private');
  }
}

export class KmsSecretKey extends KmsKeyHandle implements SecretKey {
  readonly type = 'secret';

  /** @throws NotSupportedError where it is a key of two halves */
  constructor(kms: KeyUsingKms, key: DescribedKey) {
    if (key.type.publicKey) throw new NotSupportedError('Keys of this type are private, not secret.');
    super(kms, key, 'secret');
  }

  verify(data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return this.kms.verify(this.kid, data, signature);
  }

  encrypt(plaintext: Uint8Array, options?: EncryptOptions): Promise<string> {
    return this.kms.encrypt(this.kid, plaintext, options);
  }
}
