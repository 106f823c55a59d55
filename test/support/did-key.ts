import {createHash, createPrivateKey, createPublicKey, sign, type KeyObject} from 'node:crypto';
import {encode} from 'base58-universal';

/** What signs HTTP requests and delegations; the official clients take it as `invocationSigner` or `delegationSigner`. */
export interface Signer {
  /** DID URL of the verification method. */
  readonly id: string;
  readonly type: 'Ed25519VerificationKey2020';
  /** DID. */
  readonly controller: string;
  sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>;
}

/** A party whose identity is a did:key. */
export interface Controller {
  readonly did: string;
  /** DID URL of its one verification method. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
  readonly publicKeyMultibase: string;
  readonly signer: Signer;
  /** 64 bytes. Ed25519 by OpenSSL: a test signs thousands of requests. */
  sign(data: Uint8Array): Buffer;
}

/** DER of an Ed25519 private key (RFC 8410) up to its 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** DER of an Ed25519 public key up to its 32 bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
/** Multicodec ed25519-pub as varint. */
const ED25519_PUB = Buffer.from([0xed, 0x01]);

/** Makes the same controller from the same seed. A text is hashed to its 32 bytes, so names do: `controller('alice')`. */
export function controller(seed: string | Uint8Array): Controller {
  const bytes = typeof seed === 'string' ? createHash('sha256').update(seed).digest() : Buffer.from(seed);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  const raw = publicKey.export({format: 'der', type: 'spki'}).subarray(SPKI_PREFIX.length);
  const publicKeyMultibase = encodeEd25519(raw);
  const did = `did:key:${publicKeyMultibase}`;
  const keyId = `${did}#${publicKeyMultibase}`;
  const signBytes = (data: Uint8Array): Buffer => sign(null, data, privateKey);
  return {
    did,
    keyId,
    publicKey,
    publicKeyMultibase,
    signer: {
      id: keyId,
      type: 'Ed25519VerificationKey2020',
      controller: did,
      sign: async ({data}) => signBytes(data),
    },
    sign: signBytes,
  };
}

/** @param raw 32 bytes. */
export function ed25519PublicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki'});
}

/** The multibase text of any 32 bytes taken for an Ed25519 public key, also of those that are none. */
export function encodeEd25519(publicKey: Uint8Array): string {
  return `z${encode(Buffer.concat([ED25519_PUB, publicKey]))}`;
}

/** The did:key and its verification method for any multibase key. */
export function didKeyOf(multibase: string): {readonly did: string; readonly keyId: string} {
  return {did: `did:key:${multibase}`, keyId: `did:key:${multibase}#${multibase}`};
}
