import {decodeBase58, encodeBase58} from '../encoding/base58.ts';
import {MalformedRequestError} from '../errors.ts';
import type {KeyTypeDescriptor, PublicKeyFormat} from './key-types.ts';

const MULTIBASE_BASE58BTC = 'z';

/** Writes a raw public key as the value of `format.member`. */
export function formatPublicKey(format: PublicKeyFormat, raw: Uint8Array): string {
  if (format.member === 'publicKeyBase58') return encodeBase58(raw);
  return MULTIBASE_BASE58BTC + encodeBase58(Buffer.concat([format.prefix, raw]));
}

function decodePublicKey(format: PublicKeyFormat, text: string): Uint8Array | undefined {
  const multibase = format.member === 'publicKeyMultibase';
  if (multibase && !text.startsWith(MULTIBASE_BASE58BTC)) return undefined;
  const length = format.prefix.length + format.length;
  // A base58 digit carries more than 5.8 bits.
  const bytes = decodeBase58(multibase ? text.slice(1) : text, Math.ceil((length * 8) / 5.8));
  if (bytes?.length !== length) return undefined;
  const prefix = bytes.subarray(0, format.prefix.length);
  return Buffer.compare(prefix, format.prefix) === 0 ? bytes.subarray(format.prefix.length) : undefined;
}

/**
 * Reads a peer's public key, as `DeriveSecretOperation` carries it, for use with a key of `keyType`: an object with
 * the `type` of that key type's description, and the same member with the same prefix and length. Other members (`id`,
 * `controller`, `@context`) say nothing about the key and are not looked at.
 * @returns the raw key in the key type's encoding; whether it is a point of the curve is the key module's to check.
 * @throws MalformedRequestError
 */
export function parsePublicKey(
  value: unknown,
  {descriptionType, publicKey: format}: KeyTypeDescriptor,
): Uint8Array {
  if (!format) throw new MalformedRequestError('Keys of this type have no public key.');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedRequestError('"publicKey" must be an object.');
  }
  if (!Object.hasOwn(value, 'type') || (value as {type: unknown}).type !== descriptionType) {
    throw new MalformedRequestError(`"publicKey.type" must be "${descriptionType}", as this key's own.`);
  }
  const text: unknown = Object.hasOwn(value, format.member)
    ? (value as Record<string, unknown>)[format.member]
    : undefined;
  if (typeof text !== 'string') {
    throw new MalformedRequestError(`"publicKey.${format.member}" must be a string.`);
  }
  const raw = decodePublicKey(format, text);
  if (!raw) {
    throw new MalformedRequestError(
      `"publicKey.${format.member}" must be a key of the same type as this one.`,
    );
  }
  return raw;
}
