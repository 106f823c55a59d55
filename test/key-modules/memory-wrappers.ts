import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto';
import type {OpenScopeWrappers} from '../../lib/sealing/sealer.ts';
import {SealedBlobError} from '../../lib/sealing/wrapper.ts';

const ALGORITHM = 'aes-256-gcm';

/** Really seals, under a key per scope and purpose that lives as long as this object. */
export class MemoryWrappers implements OpenScopeWrappers {
  /** What was sealed, as it was in the clear. */
  readonly sealedPlaintexts: Buffer[] = [];
  /** How often `open` was called. */
  opens = 0;
  readonly #keys = new Map<string, Buffer>();

  isOpen(scope: string, purpose: string): boolean {
    return this.#keys.has(JSON.stringify([scope, purpose]));
  }

  async wrapperFor(scope: string, purpose: string, {create = false}: {create?: boolean} = {}) {
    const name = JSON.stringify([scope, purpose]);
    const key = this.#keys.get(name) ?? (create ? randomBytes(32) : undefined);
    if (!key) throw new SealedBlobError();
    this.#keys.set(name, key);
    return {
      keyId: name,
      seal: async (plaintext: Uint8Array, additionalData: Uint8Array) => {
        this.sealedPlaintexts.push(Buffer.from(plaintext));
        const nonce = randomBytes(12);
        const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(additionalData);
        const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
        return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
      },
      open: async (blob: Uint8Array, additionalData: Uint8Array) => {
        this.opens += 1;
        try {
          const decipher = createDecipheriv(ALGORITHM, key, blob.subarray(0, 12), {authTagLength: 16});
          decipher.setAAD(additionalData).setAuthTag(blob.subarray(12, 28));
          return Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
        } catch (cause) {
          throw new SealedBlobError({cause});
        }
      },
    };
  }
}
