import {hkdfSync} from 'node:crypto';
import {AesGcmKey, KEY_BYTES} from '../aes-gcm-key.ts';
import {Redacted} from '../redacted.ts';
import type {RootWrapper} from '../root-wrapper.ts';

/** What HKDF is told that its input is. Random keys are `file` wherever they lie, so that they can be moved. */
export type RootSecretKind = 'file' | 'passphrase';

/**
 * A root of trust whose key this process holds. The secret is never used directly: HKDF-SHA-256 (RFC 5869) makes the
 * sealing key of it and, apart from that, the fingerprint that is `keyId`.
 */
export abstract class LocalRootWrapper extends Redacted implements RootWrapper {
  readonly uri: string;
  readonly #key: AesGcmKey;

  /** Copies `secret`, 32 bytes; overwriting it is the caller's. */
  protected constructor(uri: string, kind: RootSecretKind, secret: Uint8Array) {
    super();
    this.uri = uri;
    const sealingKey = derive(kind, secret, 'seal', KEY_BYTES);
    this.#key = new AesGcmKey(fingerprint(kind, secret), sealingKey);
    sealingKey.fill(0);
  }

  get keyId(): string {
    return this.#key.id;
  }

  async seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    return this.#key.seal(plaintext, additionalData);
  }

  async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    return this.#key.open(blob, additionalData);
  }

  abstract check(): Promise<void>;

  async close(): Promise<void> {
    this.#key.close();
  }
}

/** @returns 16 bytes as base64url. */
export function fingerprint(kind: RootSecretKind, secret: Uint8Array): string {
  return Buffer.from(derive(kind, secret, 'key-id', 16)).toString('base64url');
}

function derive(
  kind: RootSecretKind,
  secret: Uint8Array,
  use: 'seal' | 'key-id',
  length: number,
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `webkms ${kind} wrapper v1: ${use}`, length));
}
