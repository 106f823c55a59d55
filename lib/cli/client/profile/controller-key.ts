import {createPrivateKey, createPublicKey, randomBytes, sign} from 'node:crypto';
import {encodeBase58} from '../../../encoding/base58.ts';
import {Redacted} from '../../../sealing/redacted.ts';

/** What signs requests and delegations, as the WebKMS clients have it. */
export interface ControllerSigner {
  /** DID URL of the verification method. */
  readonly id: string;
  readonly type: 'Ed25519VerificationKey2020';
  sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>;
}

/** DER of an Ed25519 private key (RFC 8410) up to its 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_KEY_BYTES = 32;
/** Multicodec ed25519-pub as varint. */
const ED25519_PUB = Buffer.of(0xed, 0x01);

/** The key of a did:key by which a person controls keystores. Its bytes are in a KeyObject only. */
export class ControllerKey extends Redacted {
  readonly did: string;
  readonly signer: ControllerSigner;

  /** @param seed 32 bytes (RFC 8032), which are copied; overwriting them is the caller's. */
  constructor(seed: Uint8Array) {
    super();
    const der = Buffer.concat([PKCS8_PREFIX, seed]);
    const key = createPrivateKey({key: der, format: 'der', type: 'pkcs8'});
    der.fill(0);
    const raw = createPublicKey(key).export({format: 'der', type: 'spki'}).subarray(-PUBLIC_KEY_BYTES);
    const multibase = `z${encodeBase58(Buffer.concat([ED25519_PUB, raw]))}`;
    this.did = `did:key:${multibase}`;
    this.signer = {
      id: `${this.did}#${multibase}`,
      type: 'Ed25519VerificationKey2020',
      sign: async ({data}) => sign(null, data, key),
    };
  }
}

/** @returns 32 bytes, which the caller overwrites. */
export function newControllerSeed(): Uint8Array {
  return randomBytes(32);
}
