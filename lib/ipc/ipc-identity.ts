import {createHmac, createPrivateKey, createPublicKey, hkdfSync, sign} from 'node:crypto';
import {encodeBase58} from '../encoding/base58.ts';

export const IPC_SECRET_BYTES = 32;

/** DER of an Ed25519 private key (RFC 8410) up to its 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_KEY_BYTES = 32;
/** Multicodec ed25519-pub as varint. */
const ED25519_PUB = Buffer.of(0xed, 0x01);

/** What a client is by its secret. */
export interface IpcIdentity {
  /** did:key. The server knows it, and so whom it talks to; it cannot be the client by it. */
  readonly did: string;
  /** 32 bytes that the server has, too, and proves by them to be the client's. */
  readonly serverKey: Uint8Array;
  /** Ed25519. */
  sign(data: Uint8Array): Uint8Array;
}

/** @param secret 32 random bytes, which the caller overwrites */
export function ipcIdentity(secret: Uint8Array): IpcIdentity {
  const seed = derive(secret, 'webkms ipc client key v1');
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const key = createPrivateKey({key: der, format: 'der', type: 'pkcs8'});
  der.fill(0);
  seed.fill(0);
  const raw = createPublicKey(key).export({format: 'der', type: 'spki'}).subarray(-PUBLIC_KEY_BYTES);
  return {
    did: `did:key:z${encodeBase58(Buffer.concat([ED25519_PUB, raw]))}`,
    serverKey: derive(secret, 'webkms ipc server key v1'),
    sign: (data) => sign(null, data, key),
  };
}

export function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(data).digest();
}

function derive(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, Buffer.alloc(0), purpose, 32));
}
