import {decodeBase64url} from '../encoding/base64url.ts';
import {MalformedRequestError} from '../errors.ts';

/** A JSON Web Key that nothing is known of yet. */
export type Jwk = Readonly<Record<string, unknown>>;

/** @throws MalformedRequestError where `value` is no object. */
export function asJwk(value: unknown): Jwk {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedRequestError('The JWK must be an object.');
  }
  return value as Jwk;
}

/** A member of the JWK itself: what its prototype has is none. */
export function jwkMember(jwk: Jwk, name: string): unknown {
  return Object.hasOwn(jwk, name) ? jwk[name] : undefined;
}

/** @throws MalformedRequestError where the member is not `word`. */
export function requireJwkWord(jwk: Jwk, name: string, word: string): void {
  if (jwkMember(jwk, name) !== word) {
    throw new MalformedRequestError(`The JWK's "${name}" must be "${word}" for a key of this type.`);
  }
}

/** @returns the `length` bytes of a binary member. @throws MalformedRequestError where it is anything else. */
export function jwkBytes(jwk: Jwk, name: string, length: number): Buffer {
  const text = jwkMember(jwk, name);
  // Compared first: a long text is not decoded.
  const isAsLong = typeof text === 'string' && text.length === Math.ceil((length * 4) / 3);
  const bytes = isAsLong ? decodeBase64url(text) : undefined;
  if (!bytes) {
    throw new MalformedRequestError(
      `The JWK's "${name}" must be ${length} bytes, in unpadded base64url, for a key of this type.`,
    );
  }
  return bytes;
}

/**
 * @returns an integer that is not 0: big-endian, at most `maxLength` bytes, without leading zeros (RFC 7518 §2, Base64urlUInt).
 * @throws MalformedRequestError where the member is anything else.
 */
export function jwkInteger(jwk: Jwk, name: string, maxLength: number): Buffer {
  const text = jwkMember(jwk, name);
  const isShort = typeof text === 'string' && text.length <= Math.ceil((maxLength * 4) / 3);
  const bytes = isShort ? decodeBase64url(text) : undefined;
  if (!bytes?.[0]) {
    throw new MalformedRequestError(
      `The JWK's "${name}" must be an integer of at most ${maxLength} bytes without leading zeros, in unpadded base64url.`,
    );
  }
  return bytes;
}
