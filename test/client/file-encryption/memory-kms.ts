import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto';
import type {EncryptOptions, KeyAdministrationKms, KeyInfo} from '../../../lib/client/kms.ts';
import {OperationFailedError} from '../../../lib/errors.ts';

const NONE = new Uint8Array();

/** As much of a KMS as files need, with two versions of one key in memory. */
export class MemoryKms implements Pick<
  KeyAdministrationKms,
  'getKey' | 'generateDataKey' | 'decrypt' | 'rewrap'
> {
  readonly kid = 'https://kms.example/kms/keystores/z1/keys/z2';
  readonly #keys = [randomBytes(32), randomBytes(32)];
  current = 1;
  /** Data keys that were given out, to be looked at after their use. */
  readonly given: Uint8Array[] = [];

  async getKey(): Promise<KeyInfo> {
    return {kid: this.kid} as KeyInfo;
  }

  async generateDataKey(
    _kid: string,
    {numberOfBytes = 32, ...options}: {readonly numberOfBytes?: number} & EncryptOptions = {},
  ): Promise<{plaintext: Uint8Array; ciphertext: string}> {
    const plaintext = randomBytes(numberOfBytes);
    const ciphertext = this.#encrypt(plaintext, options);
    this.given.push(plaintext);
    return {plaintext, ciphertext};
  }

  async decrypt(_kid: string, ciphertext: string, options: EncryptOptions = {}): Promise<Uint8Array> {
    const plaintext = this.#decrypt(ciphertext, options);
    this.given.push(plaintext);
    return plaintext;
  }

  async rewrap(_kid: string, ciphertext: string, options: EncryptOptions = {}): Promise<string> {
    return this.#encrypt(this.#decrypt(ciphertext, options), options);
  }

  #encrypt(plaintext: Uint8Array, {additionalData = NONE}: EncryptOptions): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key(this.current), nonce).setAAD(additionalData);
    const bytes = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return `webkms:v${this.current}:${bytes.toString('base64url')}`;
  }

  #decrypt(ciphertext: string, {additionalData = NONE}: EncryptOptions): Buffer {
    const [, version = '', text = ''] = /^webkms:v([12]):([A-Za-z0-9_-]+)$/.exec(ciphertext) ?? [];
    const bytes = Buffer.from(text, 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key(Number(version)), bytes.subarray(0, 12));
      decipher.setAAD(additionalData).setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    } catch {
      throw new OperationFailedError('The operation failed.');
    }
  }

  #key(version: number): Buffer {
    return this.#keys[version - 1] ?? Buffer.alloc(0);
  }
}
