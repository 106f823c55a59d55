import {createPublicKey, diffieHellman, generateKeyPairSync, verify, type KeyObject} from 'node:crypto';
import {verifySignature, type Ciphersuite} from '@digitalbazaar/bbs-signatures';
import {decode, encode} from 'base58-universal';
import {decode as decodeCbor} from 'cborg';

/** What others know about a key type: written down here, and computed with, without a look at the server's code. */
interface Knowledge {
  /** Multicodec code. */
  readonly codec: number;
  /** How node:crypto calls it; absent: it has no such key. */
  readonly algorithm?: NonNullable<KeyObject['asymmetricKeyType']>;
  /** Of EC keys. */
  readonly curve?: string;
  /** ECDSA's. */
  readonly hash?: string;
}

const ED25519: Knowledge = {codec: 0xed, algorithm: 'ed25519'};
const X25519: Knowledge = {codec: 0xec, algorithm: 'x25519'};
const P256: Knowledge = {codec: 0x1200, algorithm: 'ec', curve: 'P-256', hash: 'sha256'};
const P384: Knowledge = {codec: 0x1201, algorithm: 'ec', curve: 'P-384', hash: 'sha384'};
const P521: Knowledge = {codec: 0x1202, algorithm: 'ec', curve: 'P-521', hash: 'sha512'};
const BBS: Knowledge = {codec: 0xeb};

const KNOWLEDGE: Readonly<Record<string, Knowledge>> = {
  Ed25519VerificationKey2018: ED25519,
  Ed25519VerificationKey2020: ED25519,
  X25519KeyAgreementKey2020: X25519,
  'urn:webkms:multikey:Ed25519': ED25519,
  'urn:webkms:multikey:P-256': P256,
  'urn:webkms:multikey:P-384': P384,
  'urn:webkms:multikey:P-521': P521,
  'urn:webkms:multikey:X25519': X25519,
  'urn:webkms:multikey:ECDH-P-256': P256,
  'urn:webkms:multikey:ECDH-P-384': P384,
  'urn:webkms:multikey:ECDH-P-521': P521,
  'urn:webkms:multikey:BBS-BLS12-381-SHA-256': BBS,
  'urn:webkms:multikey:Bls12381G2': BBS,
  'urn:webkms:multikey:BBS-BLS12-381-SHAKE-256': BBS,
  'urn:webkms:multikey:ML-DSA-44': {codec: 0x1210, algorithm: 'ml-dsa-44'},
  'urn:webkms:multikey:ML-DSA-65': {codec: 0x1211, algorithm: 'ml-dsa-65'},
  'urn:webkms:multikey:ML-DSA-87': {codec: 0x1212, algorithm: 'ml-dsa-87'},
};

interface Described {
  readonly publicKeyMultibase?: string | undefined;
  readonly publicKeyBase58?: string | undefined;
}

/** The public key of a description, for node:crypto. */
export function publicKeyOf(keyType: string, description: Described): KeyObject {
  const {algorithm, curve} = knowledgeOf(keyType);
  if (!algorithm) throw new Error(`No public key of a ${keyType} in node:crypto.`);
  return createPublicKey({
    key: rawPublicKey(keyType, description),
    format: 'raw-public',
    asymmetricKeyType: algorithm,
    namedCurve: curve,
  });
}

/** Whether it is a signature by the described key: everybody could find that out. */
export async function verifiesIndependently(
  keyType: string,
  {description, data, signature}: {description: Described; data: Uint8Array; signature: Uint8Array},
): Promise<boolean> {
  const knowledge = knowledgeOf(keyType);
  if (knowledge === BBS) {
    const [header, messages] = decodeCbor(data) as [Uint8Array, Uint8Array[]];
    const ciphersuite: Ciphersuite = keyType.endsWith('SHAKE-256')
      ? 'BLS12-381-SHAKE-256'
      : 'BLS12-381-SHA-256';
    const publicKey = rawPublicKey(keyType, description);
    return verifySignature({publicKey, signature, header, messages, ciphersuite});
  }
  const key = publicKeyOf(keyType, description);
  return knowledge.hash === undefined
    ? verify(null, data, key, signature)
    : verify(knowledge.hash, data, {key, dsaEncoding: 'ieee-p1363'}, signature);
}

/** A peer with a key pair of its own on the curve of a key agreement key. */
export function createPeer(keyType: string): {
  readonly publicKeyMultibase: string;
  computeSecret(description: Described): Buffer;
} {
  const {codec, curve} = knowledgeOf(keyType);
  const {publicKey, privateKey} =
    curve === undefined ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', {namedCurve: curve});
  return {
    publicKeyMultibase: `z${encode(Buffer.concat([varint(codec), exportRaw(publicKey)]))}`,
    computeSecret: (description) => diffieHellman({privateKey, publicKey: publicKeyOf(keyType, description)}),
  };
}

function exportRaw(publicKey: KeyObject): Buffer {
  const {x = '', y} = publicKey.export({format: 'jwk'});
  const abscissa = Buffer.from(x, 'base64url');
  if (y === undefined) return abscissa;
  const isOdd = (Buffer.from(y, 'base64url').at(-1) ?? 0) & 1;
  return Buffer.concat([Buffer.of(isOdd ? 3 : 2), abscissa]);
}

/** Ed25519VerificationKey2018 alone has no multicodec prefix. */
function rawPublicKey(keyType: string, {publicKeyMultibase = '', publicKeyBase58}: Described): Buffer {
  if (publicKeyBase58 !== undefined) return Buffer.from(decode(publicKeyBase58));
  const bytes = Buffer.from(decode(publicKeyMultibase.slice(1)));
  const prefix = varint(knowledgeOf(keyType).codec);
  if (!publicKeyMultibase.startsWith('z') || !bytes.subarray(0, prefix.length).equals(prefix)) {
    throw new Error(`Not the public key of a ${keyType}: ${publicKeyMultibase}`);
  }
  return bytes.subarray(prefix.length);
}

function knowledgeOf(keyType: string): Knowledge {
  const knowledge = KNOWLEDGE[keyType];
  if (!knowledge) throw new Error(`Nothing is known of ${keyType}.`);
  return knowledge;
}

function varint(code: number): Buffer {
  return Buffer.of((code & 0x7f) | 0x80, code >> 7);
}
