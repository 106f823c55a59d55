import {hash} from 'node:crypto';
import {decodeBase64url} from '../encoding/base64url.ts';
import {MalformedRequestError} from '../errors.ts';
import type {Envelope} from './envelope.ts';

const MULTIHASH = 'mh=u';
const INSTANCE = 'SHA-256=';
/** sha2-256, 32 bytes. */
const MULTIHASH_PREFIX = Buffer.from([0x12, 0x20]);

/**
 * Reads a `Digest` header: `mh=u` + base64url of a SHA-256 multihash, or `SHA-256=` + base64; exactly one value (R8).
 * @returns the 32 bytes it claims, or undefined where there is no header.
 */
export function readBodyDigest(header: string | undefined): Buffer | undefined {
  if (header === undefined) return undefined;
  const digest = header.startsWith(MULTIHASH)
    ? readMultihash(header.slice(MULTIHASH.length))
    : header.startsWith(INSTANCE)
      ? readBase64(header.slice(INSTANCE.length))
      : undefined;
  if (digest?.length !== 32)
    throw new MalformedRequestError('The "digest" header must hold one SHA-256 digest.');
  return digest;
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
  if (hash('sha256', body, 'hex') !== envelope.bodyDigest.toString('hex')) {
    throw new MalformedRequestError('The "digest" header value does not match digest of body.');
  }
}

function readMultihash(text: string): Buffer | undefined {
  const bytes = decodeBase64url(text);
  return bytes?.subarray(0, 2).equals(MULTIHASH_PREFIX) ? bytes.subarray(2) : undefined;
}

function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
