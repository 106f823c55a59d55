import {createPublicKey, verify} from 'node:crypto';
import {decodeBase58, encodeBase58} from '../encoding/base58.ts';
import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';

const STATEMENT_TYPE = 'webkms-attestation+jwt';
const ALGORITHM = 'EdDSA';
/** Multicodec ed25519-pub as varint. */
const ED25519_PUB = Buffer.of(0xed, 0x01);
const PUBLIC_KEY_BYTES = 32;
/** DER of an Ed25519 public key (RFC 8410) up to its 32 bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const MAX_CHARACTERS = 16_384;
const MAX_DEPTH = 3;

/** What a server says of itself. Times are seconds since the epoch. */
export interface StatementClaims {
  /** The did:key of the node's attestation key. */
  readonly iss: string;
  readonly iat: number;
  /** Of who asked: the statement was made for it. */
  readonly nonce?: string;
  /** Of the package. */
  readonly version: string;
  /** Of Node.js. */
  readonly node: string;
  /** The public origin. */
  readonly baseUrl: string;
  /** When the process began that has signed. */
  readonly started: number;
  readonly mode: string;
  /** See `SelfCheckReport`. */
  readonly selfCheck: string;
  /** Of the manifest. */
  readonly digest?: string;
  /** How many files were not as the manifest says, in any check since the process began. */
  readonly findings?: number;
  /** When the last check ended. */
  readonly checked?: number;
}

/** A statement that does not hold. The message is for the operator. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly code = 'ERR_STATEMENT';
}

/** @param publicKey 32 bytes */
export function didOfKey(publicKey: Uint8Array): string {
  return `did:key:z${encodeBase58(Buffer.concat([ED25519_PUB, publicKey]))}`;
}

/** @param sign Ed25519, by the key of `claims.iss` @returns a JWS in compact serialisation (RFC 7515), its payload the claims of a JWT */
export function signStatement(claims: StatementClaims, sign: (data: Uint8Array) => Uint8Array): string {
  const kid = `${claims.iss}#${claims.iss.slice('did:key:'.length)}`;
  const header = {alg: ALGORITHM, typ: STATEMENT_TYPE, kid};
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${encodeBase64url(sign(Buffer.from(input)))}`;
}

/** @returns what the holder of the key has said. @param did the did:key that is trusted @throws StatementError */
export function verifyStatement(statement: string, did: string): Readonly<Record<string, unknown>> {
  const parts = statement.length > MAX_CHARACTERS ? [] : statement.split('.');
  const [header, payload, signature] = parts.map(decodeBase64url);
  if (parts.length !== 3 || !header || !payload || !signature)
    throw new StatementError('It is no statement.');
  const {alg, typ, kid, ...others} = readObject(header);
  if (alg !== ALGORITHM || typ !== STATEMENT_TYPE || Object.keys(others).length > 0)
    throw new StatementError('It is no statement of a server.');
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, publicKeyOf(did)]),
    format: 'der',
    type: 'spki',
  });
  if (kid !== `${did}#${did.slice('did:key:'.length)}`)
    throw new StatementError('The statement is signed by another key.');
  const [input] = /^[^.]*\.[^.]*/.exec(statement) ?? [''];
  if (!verify(null, Buffer.from(input), key, signature))
    throw new StatementError('The signature of the statement is wrong.');
  const claims = readObject(payload);
  if (claims['iss'] !== did) throw new StatementError('The statement is about another server.');
  return claims;
}

/** @throws StatementError */
function publicKeyOf(did: string): Uint8Array {
  const [, text] = /^did:key:z([1-9A-HJ-NP-Za-km-z]{1,64})$/.exec(did) ?? [];
  const bytes = text === undefined ? undefined : decodeBase58(text);
  const isKey =
    bytes?.length === ED25519_PUB.length + PUBLIC_KEY_BYTES &&
    ED25519_PUB.equals(bytes.subarray(0, ED25519_PUB.length));
  if (!isKey) throw new StatementError('The key is no did:key of Ed25519.');
  return bytes.subarray(ED25519_PUB.length);
}

function encode(value: object): string {
  return encodeBase64url(Buffer.from(JSON.stringify(value)));
}

function readObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, {maxDepth: MAX_DEPTH});
  } catch (cause) {
    throw new StatementError('It is no statement: it is not strict JSON.', {cause});
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new StatementError('It is no statement.');
  return value as Readonly<Record<string, unknown>>;
}
