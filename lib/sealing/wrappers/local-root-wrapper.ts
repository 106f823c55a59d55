import {createSecretKey, hkdfSync, type KeyObject} from 'node:crypto';
import {UnavailableError} from '../../errors.ts';
import {AesGcmKey, KEY_BYTES} from '../aes-gcm-key.ts';
import {Redacted} from '../redacted.ts';
import {RootSealerKey} from '../root-sealer.ts';
import type {RootWrapper} from '../root-wrapper.ts';

/** What HKDF is told that its input is. Random keys are `file` wherever they lie, so that they can be moved. */
export type RootSecretKind = 'file' | 'passphrase' | 'shamir';

/** What HKDF is told that its output is for. */
type RootSecretUse = 'seal' | 'key-id' | 'sealer x25519' | 'sealer authentication';

/**
 * A root of trust whose key this process holds. The secret is never used directly: HKDF-SHA-256 (RFC 5869) makes of it
 * the sealing key, the two keys of its sealer and, apart from those, the fingerprint that is `keyId`.
 */
export abstract class LocalRootWrapper extends Redacted implements RootWrapper {
  readonly uri: string;
  readonly #key: AesGcmKey;
  readonly #sealerKey: RootSealerKey;
  /** Outside the JavaScript heap, as the keys that are made of it. */
  #secret: KeyObject | undefined;

  /** Copies `secret`, 32 bytes; overwriting it is the caller's. */
  protected constructor(uri: string, kind: RootSecretKind, secret: Uint8Array) {
    super();
    this.uri = uri;
    const sealingKey = derive(kind, secret, 'seal', KEY_BYTES);
    const agreementKey = derive(kind, secret, 'sealer x25519', 32);
    const authenticationKey = derive(kind, secret, 'sealer authentication', 32);
    this.#key = new AesGcmKey(fingerprint(kind, secret), sealingKey);
    this.#sealerKey = new RootSealerKey(this.#key.id, agreementKey, authenticationKey);
    this.#secret = createSecretKey(secret);
    for (const derived of [sealingKey, agreementKey, authenticationKey]) derived.fill(0);
  }

  get keyId(): string {
    return this.#key.id;
  }

  async seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    return this.#key.seal(plaintext, additionalData);
  }

  /** Opens what its own `seal` gave, and what its sealer gave. */
  async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    const key = this.#sealerKey.hasSealed(blob) ? this.#sealerKey : this.#key;
    return key.open(blob, additionalData);
  }

  exportSealer(): Uint8Array {
    return this.#sealerKey.exportSealer();
  }

  exportSecret(): Uint8Array {
    if (!this.#secret) throw new UnavailableError('The keys are closed.');
    return this.#secret.export();
  }

  abstract check(): Promise<void>;

  async close(): Promise<void> {
    this.#secret = undefined;
    this.#key.close();
    this.#sealerKey.close();
  }
}

/** @returns 16 bytes as base64url. */
export function fingerprint(kind: RootSecretKind, secret: Uint8Array): string {
  return Buffer.from(derive(kind, secret, 'key-id', 16)).toString('base64url');
}

function derive(kind: RootSecretKind, secret: Uint8Array, use: RootSecretUse, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `webkms ${kind} wrapper v1: ${use}`, length));
}
