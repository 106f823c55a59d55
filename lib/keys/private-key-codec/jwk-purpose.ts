import {MalformedRequestError} from '../../errors.ts';
import type {KeyOperation} from '../../storage/key-record.ts';
import {asJwk, type Jwk, jwkMember} from '../jwk-members.ts';
import {KEY_FORMS} from '../key-forms.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';

/** `alg` of keys that agree (RFC 7518 §4.6), and the name of Ed25519 alone (RFC 9864). */
const KEY_AGREEMENT = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];

/** What an operation with a private or secret key is called in `key_ops` (RFC 7517 §4.3), and in `use`. */
const JOSE_NAMES: Readonly<Record<KeyOperation, {readonly keyOps: readonly string[]; readonly use: string}>> =
  {
    sign: {keyOps: ['sign'], use: 'sig'},
    verify: {keyOps: ['verify'], use: 'sig'},
    encrypt: {keyOps: ['encrypt'], use: 'enc'},
    decrypt: {keyOps: ['decrypt', 'unwrapKey'], use: 'enc'},
    wrapKey: {keyOps: ['wrapKey'], use: 'enc'},
    unwrapKey: {keyOps: ['unwrapKey'], use: 'enc'},
    deriveSecret: {keyOps: ['deriveKey', 'deriveBits'], use: 'enc'},
    encapsulate: {keyOps: ['encapsulateKey', 'encapsulateBits'], use: 'enc'},
    decapsulate: {keyOps: ['decapsulateKey', 'decapsulateBits'], use: 'enc'},
  };

/** What anybody can do who has the public key: a private JWK does not say it. */
const PUBLIC_OPERATIONS: ReadonlySet<KeyOperation> = new Set(['verify', 'encrypt', 'encapsulate']);

/**
 * Checks that a JWK is for what the key is to do: its `alg` is one of the type, and its `key_ops` and `use` have all of
 * `operations`. Where they have less, the key must be narrowed in words (`keyOps`), not by what somebody once wrote down.
 * @throws MalformedRequestError
 */
export function assertJwkPurpose(
  type: KeyTypeDescriptor,
  value: unknown,
  operations: readonly KeyOperation[],
): void {
  const jwk = asJwk(value);
  const alg = jwkMember(jwk, 'alg');
  if (alg !== undefined && !algorithmsOf(type).some((name) => name === alg)) {
    throw new MalformedRequestError(`The JWK's "alg" is not one of a key of type ${type.name}.`);
  }
  const keyOps = readKeyOps(jwk);
  const use = jwkMember(jwk, 'use');
  const isSymmetric = !type.publicKey;
  for (const operation of operations) {
    if (!isSymmetric && PUBLIC_OPERATIONS.has(operation)) continue;
    const names = JOSE_NAMES[operation];
    const isAllowed = !keyOps || names.keyOps.some((name) => keyOps.includes(name));
    if (isAllowed && (use === undefined || use === names.use)) continue;
    throw new MalformedRequestError(
      `The JWK's "${isAllowed ? 'use' : 'key_ops'}" is not for ${operation}: narrow the new key with "keyOps", or leave it out.`,
    );
  }
}

function readKeyOps(jwk: Jwk): readonly unknown[] | undefined {
  const keyOps = jwkMember(jwk, 'key_ops');
  if (keyOps === undefined || Array.isArray(keyOps)) return keyOps;
  throw new MalformedRequestError('The JWK\'s "key_ops" must be an array.');
}

function algorithmsOf({
  algorithm,
  operations,
  signatureAlgorithms = [],
  encryptionAlgorithms = [],
}: KeyTypeDescriptor): readonly string[] {
  const form = KEY_FORMS[algorithm];
  return [
    ...signatureAlgorithms,
    ...encryptionAlgorithms,
    ...(form.kty === 'oct' || form.kty === 'AKP' ? [form.alg] : []),
    ...(algorithm === 'Ed25519' ? ['Ed25519'] : []),
    ...(operations.includes('deriveSecret') ? KEY_AGREEMENT : []),
  ];
}
