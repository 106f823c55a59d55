import {hash} from 'node:crypto';
import {MalformedRequestError} from '../errors.ts';
import type {Envelope} from './envelope.ts';

/** `mh=u` + base64url of a multihash: sha2-256 (0x12), 32 bytes (0x20). The unused bits of the last character are zero. */
const MULTIHASH = /^mh=u(Ei[A-D][A-Za-z0-9_-]{42}[AQgw])$/;
const MULTIHASH_PREFIX_BYTES = 2;
/** `SHA-256=` + base64 of 32 bytes. The unused bits of the last character are zero. */
const INSTANCE = /^SHA-256=([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;

/**
 * Reads a `Digest` header: `mh=u` + base64url of a SHA-256 multihash, or `SHA-256=` + base64; exactly one value (R8).
 * @returns the 32 bytes it claims, in hex, or undefined where there is no header.
 */
export function readBodyDigest(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, multihash] = MULTIHASH.exec(header) ?? [];
  if (multihash !== undefined)
    return Buffer.from(multihash, 'base64url').toString('hex', MULTIHASH_PREFIX_BYTES);
  const [, instance] = INSTANCE.exec(header) ?? [];
  if (instance !== undefined) return Buffer.from(instance, 'base64').toString('hex');
  throw new MalformedRequestError('The "digest" header must hold one SHA-256 digest.');
}

/**
 * Checks the digest over the raw bytes of the body, before anything reads them (R8).
 * @throws MalformedRequestError
 */
export function verifyBodyDigest(envelope: Envelope, body: Uint8Array): void {
  if (envelope.bodyDigest === undefined) {
    if (body.length === 0) return;
    throw new MalformedRequestError('A "digest" header must be present when an HTTP body is present.');
  }
  // Both are the client's own: there is nothing to learn from how long the comparison takes.
  if (hash('sha256', body, 'hex') !== envelope.bodyDigest) {
    throw new MalformedRequestError('The "digest" header value does not match digest of body.');
  }
}
