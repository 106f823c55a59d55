import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import {UnavailableError} from '../errors.ts';
import {openBlob, readKeyId, sealBlob} from './aes-gcm-blob.ts';
import {Redacted} from './redacted.ts';
import type {RootSealer} from './root-wrapper.ts';
import {SealedBlobError} from './wrapper.ts';
import {boxKey, pointOf, POINT_BYTES, publicKeyOf} from './x25519-box.ts';

/**
 * Sealing for a root that is not at hand: anybody with the sealer seals, only the root opens.
 *
 *     sealer bytes   0x01 ‖ X25519 public key (32) ‖ authentication key (32) ‖ the root's fingerprint (16)
 *     box            ephemeral X25519 public key (32) ‖ AES-256-GCM blob
 *     sealer blob    AES-256-GCM blob, under the authentication key, of the box
 *
 * Both blobs have the format of everything sealed at rest, the key id `<root's key id>-sealer`, and the caller's
 * additional data. The box's key is HKDF-SHA-256 (RFC 5869) of the X25519 shared secret (RFC 7748), salted with both
 * public keys. Without the authentication key anybody who can write to the store, and knows the public key, could seal
 * for the root.
 */
const VERSION = 0x01;
const KEY_BYTES = 32;
const FINGERPRINT_BYTES = 16;
const SEALER_BYTES = 1 + POINT_BYTES + KEY_BYTES + FINGERPRINT_BYTES;
const BOX_INFO = 'webkms root sealer v1: box';
/** RFC 8410: what precedes the 32 bytes of an X25519 private key in its DER encoding. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** @param bytes as `RootSealerKey.exportSealer` gives them; overwriting them is the caller's. @throws SealedBlobError where they are malformed */
export function openRootSealer(bytes: Uint8Array): RootSealer {
  if (bytes.length !== SEALER_BYTES || bytes[0] !== VERSION) throw new SealedBlobError();
  const keyStart = 1 + POINT_BYTES;
  const fingerprintStart = keyStart + KEY_BYTES;
  return new X25519RootSealer(
    Buffer.from(bytes.subarray(fingerprintStart)).toString('base64url'),
    bytes.subarray(1, keyStart),
    createSecretKey(bytes.subarray(keyStart, fingerprintStart)),
  );
}

class X25519RootSealer extends Redacted implements RootSealer {
  readonly keyId: string;
  readonly #publicKey: KeyObject;
  #authenticationKey: KeyObject | undefined;

  constructor(keyId: string, point: Uint8Array, authenticationKey: KeyObject) {
    super();
    this.keyId = keyId;
    this.#publicKey = publicKeyOf(point);
    this.#authenticationKey = authenticationKey;
  }

  async seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    const authenticationKey = this.#authenticationKey;
    if (!authenticationKey) throw new UnavailableError('The sealer is closed.');
    const id = sealerKeyId(this.keyId);
    const ephemeral = generateKeyPairSync('x25519');
    const key = boxKey({
      privateKey: ephemeral.privateKey,
      publicKey: this.#publicKey,
      ephemeral: ephemeral.publicKey,
      recipient: this.#publicKey,
      info: BOX_INFO,
    });
    const box = Buffer.concat([pointOf(ephemeral.publicKey), sealBlob({id, key}, plaintext, additionalData)]);
    return sealBlob({id, key: authenticationKey}, box, additionalData);
  }

  close(): void {
    this.#authenticationKey = undefined;
  }
}

/** The root's side: opens what its sealer sealed, and gives the sealer's bytes. */
export class RootSealerKey extends Redacted {
  readonly #fingerprint: string;
  #keys: {readonly agreement: KeyObject; readonly authentication: KeyObject} | undefined;

  /**
   * Copies both keys, 32 bytes each; overwriting them is the caller's.
   * @param fingerprint the root's key id, 16 bytes as base64url.
   */
  constructor(fingerprint: string, agreementKey: Uint8Array, authenticationKey: Uint8Array) {
    super();
    this.#fingerprint = fingerprint;
    const der = Buffer.concat([PKCS8_HEAD, agreementKey]);
    this.#keys = {
      agreement: createPrivateKey({key: der, format: 'der', type: 'pkcs8'}),
      authentication: createSecretKey(authenticationKey),
    };
    der.fill(0);
  }

  /** Whether a blob says that the sealer sealed it; unverified. @throws SealedBlobError where it is malformed */
  hasSealed(blob: Uint8Array): boolean {
    return readKeyId(blob) === sealerKeyId(this.#fingerprint);
  }

  /** @throws SealedBlobError */
  open(blob: Uint8Array, additionalData: Uint8Array): Uint8Array {
    const {agreement, authentication} = this.#use();
    const id = sealerKeyId(this.#fingerprint);
    const box = openBlob({id, key: authentication}, blob, additionalData);
    if (box.length < POINT_BYTES) throw new SealedBlobError();
    const ephemeral = publicKeyOf(box.subarray(0, POINT_BYTES));
    const recipient = createPublicKey(agreement);
    const key = boxKey({
      privateKey: agreement,
      publicKey: ephemeral,
      ephemeral,
      recipient,
      info: BOX_INFO,
    });
    return openBlob({id, key}, box.subarray(POINT_BYTES), additionalData);
  }

  /** @returns the sealer's bytes, which the caller overwrites. */
  exportSealer(): Uint8Array {
    const {agreement, authentication} = this.#use();
    const key = authentication.export();
    const bytes = new Uint8Array(SEALER_BYTES);
    bytes[0] = VERSION;
    bytes.set(pointOf(createPublicKey(agreement)), 1);
    bytes.set(key, 1 + POINT_BYTES);
    bytes.set(Buffer.from(this.#fingerprint, 'base64url'), 1 + POINT_BYTES + KEY_BYTES);
    key.fill(0);
    return bytes;
  }

  close(): void {
    this.#keys = undefined;
  }

  #use(): {readonly agreement: KeyObject; readonly authentication: KeyObject} {
    if (!this.#keys) throw new UnavailableError('The keys are closed.');
    return this.#keys;
  }
}

/** Longer than any root's own key id, so that the two kinds of blobs are told apart. */
function sealerKeyId(fingerprint: string): string {
  return `${fingerprint}-sealer`;
}
