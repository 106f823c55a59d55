import {KEY_FORMS} from '../keys/key-forms.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {without} from '../keys/without.ts';
import {formatPublicJwk} from '../keys/public-key-codec/public-jwk.ts';
import type {DescribedKey} from './key-info.ts';
import {versionedKid} from './key-reference.ts';
import type {KeyJwk, PublicKey} from './kms.ts';

/** Which half of a key is described. */
export type KeyRole = 'public' | 'private' | 'secret';

/** What a key can do → its word in `key_ops` (RFC 7517 §4.3, and by their own names what has none), by the half that does it. */
const KEY_OPS: Readonly<Record<KeyRole, Readonly<Record<string, string>>>> = {
  public: {verify: 'verify', encrypt: 'encrypt', encapsulate: 'encapsulate'},
  private: {sign: 'sign', decrypt: 'decrypt', deriveSecret: 'deriveBits', decapsulate: 'decapsulate'},
  secret: {
    sign: 'sign',
    verify: 'verify',
    encrypt: 'encrypt',
    decrypt: 'decrypt',
    wrapKey: 'wrapKey',
    unwrapKey: 'unwrapKey',
  },
};

/** A version of a key as JWK, without anything secret. @throws UnexpectedReplyError, MalformedRequestError */
export function describeAsJwk(
  {type, info, publicKeys}: DescribedKey,
  version: number,
  role: KeyRole,
): KeyJwk {
  const form = KEY_FORMS[type.algorithm];
  const publicKey = publicKeys.get(version);
  const {x5c} = info.versions.find((known) => known.version === version) ?? {};
  const alg = firstAlgorithm(type, info.operations);
  return {
    kid: version === info.currentVersion ? info.kid : versionedKid(info.kid, version),
    ...(form.kty === 'oct' || !publicKey ? {kty: form.kty} : formatPublicJwk(type, publicKey)),
    ...(alg !== undefined && {alg}),
    key_ops: keyOps(info.operations, role),
    ...(info.tags && {tags: info.tags}),
    ...(info.description !== undefined && {description: info.description}),
    ...(x5c && {x5c}),
  };
}

function keyOps(operations: readonly string[], role: KeyRole): readonly string[] {
  const words = new Map(Object.entries(KEY_OPS[role]));
  return operations.flatMap((operation) => words.get(operation) ?? []);
}

function firstAlgorithm(type: KeyTypeDescriptor, operations: readonly string[]): string | undefined {
  const form = KEY_FORMS[type.algorithm];
  if (operations.includes('sign') || operations.includes('verify')) return type.signatureAlgorithms?.[0];
  if (operations.includes('encrypt') || operations.includes('decrypt')) return type.encryptionAlgorithms?.[0];
  return form.kty === 'oct' || form.kty === 'AKP' ? form.alg : undefined;
}

/** A member of a JWK Set: RFC 7517 §4, members of ours left out. */
export interface JwksKey extends Omit<KeyJwk, 'tags' | 'description'> {
  readonly use?: 'sig' | 'enc';
}

/** Names one version for good: the `kid` of what it signed means no other key after a rotation. */
export function jwksKid({kid, version}: Pick<PublicKey, 'kid' | 'version'>): string {
  return kid.includes('?') ? kid : versionedKid(kid, version);
}

/**
 * The public keys as JWK Set (RFC 7517 §5), for whoever verifies, encrypts or agrees. A key that does more than one of these
 * is there once for each, with the same `kid`: a JWK is for one use, and libraries insist on it. Every `kid` names a version
 * (`…?version=1`). `alg` is missing where there are several ways to sign.
 */
export function toJwks(keys: Iterable<PublicKey>): {readonly keys: readonly JwksKey[]} {
  return {keys: Array.from(keys).flatMap(toJwksKeys)};
}

function toJwksKeys(publicKey: PublicKey): readonly JwksKey[] {
  const {signatureAlgorithms, encryptionAlgorithms} = publicKey;
  const {alg, key_ops, ...described} = {...publicKey.jwk, kid: jwksKid(publicKey)};
  const key = without(described, 'tags', 'description');
  const uses: JwksKey[] = [];
  if (key_ops.includes('verify')) {
    uses.push({...key, ...only(signatureAlgorithms), use: 'sig', key_ops: ['verify']});
  }
  if (key_ops.includes('encrypt')) {
    // What JWE does with such a key is wrapping (RFC 7517 §4.3).
    uses.push({...key, ...only(encryptionAlgorithms), use: 'enc', key_ops: ['encrypt', 'wrapKey']});
  }
  if (uses.length === 0) uses.push({...key, ...(alg !== undefined && {alg}), use: 'enc', key_ops});
  return uses;
}

/** EdDSA has another name by now (RFC 9864), and `crv` says which it is. */
function only(algorithms: readonly string[]): {readonly alg?: string} {
  const [alg] = algorithms;
  return algorithms.length === 1 && alg !== undefined && alg !== 'EdDSA' ? {alg} : {};
}
