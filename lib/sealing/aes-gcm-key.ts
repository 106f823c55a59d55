import {createSecretKey, type KeyObject} from 'node:crypto';
import {UnavailableError} from '../errors.ts';
import {openBlob, sealBlob} from './aes-gcm-blob.ts';
import {Redacted} from './redacted.ts';
import {SealedBlobError} from './wrapper.ts';

export const KEY_BYTES = 32;

/** An AES-256-GCM key under an id. Its bytes are in a secret KeyObject only: outside the JavaScript heap. */
export class AesGcmKey extends Redacted {
  readonly id: string;
  #key: KeyObject | undefined;

  /** Copies `bytes`; overwriting them is the caller's. @throws SealedBlobError where they are not 32. */
  constructor(id: string, bytes: Uint8Array) {
    super();
    if (bytes.length !== KEY_BYTES) throw new SealedBlobError();
    this.id = id;
    this.#key = createSecretKey(bytes);
  }

  seal(plaintext: Uint8Array, additionalData: Uint8Array): Uint8Array {
    return sealBlob({id: this.id, key: this.#use()}, plaintext, additionalData);
  }

  /** @throws SealedBlobError */
  open(blob: Uint8Array, additionalData: Uint8Array): Uint8Array {
    return openBlob({id: this.id, key: this.#use()}, blob, additionalData);
  }

  /** Drops the key; OpenSSL clears its memory when it is collected. Later use throws `UnavailableError`. */
  close(): void {
    this.#key = undefined;
  }

  #use(): KeyObject {
    if (!this.#key) throw new UnavailableError('The keys are closed.');
    return this.#key;
  }
}
