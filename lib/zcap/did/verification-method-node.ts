import {decodeBase64url} from '../../encoding/base64url.ts';
import {parseXsdDateTime} from '../../encoding/xsd-date-time.ts';
import {DidError} from './did-error.ts';
import {parseDidUrl} from './did-url.ts';
import {
  assertSoundEd25519PublicKey,
  decodeEd25519Multibase,
  encodeEd25519Multibase,
} from './ed25519-public-key.ts';
import type {VerificationMethodFacts} from './verification-method.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ParsedMethod {
  readonly facts: VerificationMethodFacts;
  /** Milliseconds since the epoch; Infinity where the node says nothing. */
  readonly expiresAt: number;
}

type KeyFacts = Pick<VerificationMethodFacts, 'publicKey' | 'publicKeyMultibase'>;

interface KeyType {
  /** The one member that holds key material. */
  readonly member: string;
  readonly read: (value: unknown) => KeyFacts;
}

const MULTIBASE: KeyType = {member: 'publicKeyMultibase', read: readMultibase};
const JWK: KeyType = {member: 'publicKeyJwk', read: readJwk};

const KEY_TYPES: ReadonlyMap<unknown, KeyType> = new Map([
  ['Ed25519VerificationKey2020', MULTIBASE],
  ['Multikey', MULTIBASE],
  ['JsonWebKey2020', JWK],
  ['JsonWebKey', JWK],
]);

/** Key material in any member: a second key is ambiguous, and a key whose private half is published is nobody's. */
const KEY_MEMBER = /^(?:public|private|secret)Key/;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a verification method of a DID document (DID Core §5.2; Controlled Identifiers §2.2). `revoked` refuses whatever its
 * date, as the libraries of existing clients have it.
 * @throws DidError `key`, `document`, `revoked`
 */
export function parseVerificationMethodNode(id: string, node: JsonObject): ParsedMethod {
  return {
    facts: {id, controller: readController(node['controller']), ...readPublicKey(node)},
    expiresAt: readExpiry(node),
  };
}

function readController(controller: unknown): string {
  if (typeof controller !== 'string') throw new DidError('document');
  const {did, fragment} = parseDidUrl(controller);
  if (fragment !== undefined) throw new DidError('document');
  return did;
}

function readPublicKey(node: JsonObject): KeyFacts {
  const type = KEY_TYPES.get(node['type']);
  const members = Object.keys(node).filter((member) => KEY_MEMBER.test(member));
  if (type === undefined || members.length !== 1 || members[0] !== type.member) throw new DidError('key');
  return type.read(node[type.member]);
}

function readMultibase(multibase: unknown): KeyFacts {
  if (typeof multibase !== 'string') throw new DidError('key');
  return {publicKey: decodeEd25519Multibase(multibase), publicKeyMultibase: multibase};
}

/** RFC 8037 §2, without the private `d`. */
function readJwk(jwk: unknown): KeyFacts {
  if (!isJsonObject(jwk) || jwk['kty'] !== 'OKP' || jwk['crv'] !== 'Ed25519') throw new DidError('key');
  const {x} = jwk;
  const publicKey = typeof x === 'string' ? decodeBase64url(x) : undefined;
  if (publicKey === undefined || Object.hasOwn(jwk, 'd')) throw new DidError('key');
  assertSoundEd25519PublicKey(publicKey);
  return {publicKey, publicKeyMultibase: encodeEd25519Multibase(publicKey)};
}

function readExpiry(node: JsonObject): number {
  if (Object.hasOwn(node, 'revoked')) throw new DidError('revoked');
  if (!Object.hasOwn(node, 'expires')) return Infinity;
  const {expires} = node;
  const expiresAt = typeof expires === 'string' ? parseXsdDateTime(expires) : undefined;
  if (expiresAt === undefined) throw new DidError('revoked');
  return expiresAt;
}
