import {createPublicKey, type KeyObject} from 'node:crypto';
import {decode, encode} from 'base58-universal';

/** What stands before a raw public key to say what it is (multicodec), two bytes each. */
const PREFIXES = {ed25519: [0xed, 0x01], x25519: [0xec, 0x01]} as const;

/** Reads a `publicKeyMultibase`: `z`, and in base58btc the prefix and the raw key. */
export function parseMultikey(text: string, type: keyof typeof PREFIXES): KeyObject {
  const bytes = Buffer.from(decode(text.slice(1)));
  const prefix = Buffer.from(PREFIXES[type]);
  if (!text.startsWith('z') || !bytes.subarray(0, prefix.length).equals(prefix)) {
    throw new Error(`${text} is not an ${type} key.`);
  }
  const key = bytes.subarray(prefix.length);
  return createPublicKey({key, format: 'raw-public', asymmetricKeyType: type});
}

/** Writes a public key as `publicKeyMultibase`. */
export function formatMultikey(key: KeyObject, type: keyof typeof PREFIXES): string {
  return `z${encode(Buffer.concat([Buffer.from(PREFIXES[type]), key.export({format: 'raw-public'})]))}`;
}
