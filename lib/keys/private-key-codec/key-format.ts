import {parseStrictJson} from '../../encoding/strict-json.ts';
import {MalformedRequestError, NotSupportedError} from '../../errors.ts';
import {KEY_FORMS} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {formatPkcs8, parsePkcs8} from './pkcs8.ts';
import {parsePrivateJwk, writePrivateJwk} from './private-jwk.ts';

/** How a secret leaves and comes: docs/keys.md. */
export type KeyFormat = 'jwk' | 'pkcs8' | 'raw';

/** A JWK holds arrays (`key_ops`, `x5c`), and whatever others put into it. */
const MAX_JWK_DEPTH = 8;

/** In what formats keys of a type leave and come, the usual first; of BBS there is none. */
export function keyFormats({algorithm}: KeyTypeDescriptor): readonly KeyFormat[] {
  const {kty} = KEY_FORMS[algorithm];
  if (kty === 'BBS') return [];
  return kty === 'oct' ? ['jwk', 'raw'] : ['jwk', 'pkcs8'];
}

/** @throws NotSupportedError where keys of that type have no such format; `details.supported` has those that they have. */
export function assertKeyFormat(type: KeyTypeDescriptor, format: KeyFormat): void {
  const supported = keyFormats(type);
  if (supported.includes(format)) return;
  const which =
    supported.length > 0 ? `They have: ${supported.join(', ')}.` : 'They stay where they were made.';
  throw new NotSupportedError(`Keys of type ${type.name} have no format ${format}. ${which}`, {
    details: {supported},
  });
}

/**
 * Reads the bytes of a key in `format`; of a JWK they are UTF-8 JSON, of which `onJwk` is told.
 * @returns the secret in the `secretForm` of its type; the caller zeroes it, and `bytes`.
 * @throws MalformedRequestError, NotSupportedError as those of each format.
 */
export function parseKey(
  type: KeyTypeDescriptor,
  {
    format,
    bytes,
    onJwk,
  }: {readonly format: KeyFormat; readonly bytes: Uint8Array; readonly onJwk?: (jwk: unknown) => void},
): Buffer {
  assertKeyFormat(type, format);
  switch (format) {
    case 'jwk': {
      const jwk = parseStrictJson(bytes, {maxDepth: MAX_JWK_DEPTH});
      onJwk?.(jwk);
      return parsePrivateJwk(type, jwk);
    }
    case 'pkcs8':
      return parsePkcs8(type, bytes);
    case 'raw':
      return parseRaw(type, bytes);
  }
}

/** Writes a secret as bytes in `format`, that `parseKey` reads; the caller zeroes them. @throws NotSupportedError as `assertKeyFormat` */
export function formatKey(type: KeyTypeDescriptor, format: KeyFormat, secret: Uint8Array): Buffer {
  assertKeyFormat(type, format);
  switch (format) {
    case 'jwk':
      return writePrivateJwk(type, secret);
    case 'pkcs8':
      return formatPkcs8(type, secret);
    case 'raw':
      return Buffer.from(secret);
  }
}

function parseRaw({algorithm}: KeyTypeDescriptor, bytes: Uint8Array): Buffer {
  const form = KEY_FORMS[algorithm];
  if (form.kty === 'oct' && bytes.length !== form.keyBytes) {
    throw new MalformedRequestError(`The key must have ${form.keyBytes} bytes.`);
  }
  return Buffer.from(bytes);
}
