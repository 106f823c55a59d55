import {KeyObject, webcrypto} from 'node:crypto';
import 'reflect-metadata';
import {BasicConstraintsExtension, X509CertificateGenerator} from '@peculiar/x509';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {rawPublicKey} from '../../lib/keys/public-key-codec/public-key-object.ts';

const ECDSA = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'} as const;

const ALGORITHMS = new Map<KeyType, RsaHashedKeyGenParams | EcKeyGenParams | Algorithm>([
  ['urn:webkms:multikey:P-256', ECDSA],
  ['urn:webkms:multikey:P-521', {name: 'ECDSA', namedCurve: 'P-521'}],
  ['Ed25519VerificationKey2020', {name: 'Ed25519'}],
  ['Ed25519VerificationKey2018', {name: 'Ed25519'}],
  ['X25519KeyAgreementKey2020', {name: 'X25519'}],
  [
    'urn:webkms:multikey:RSA-2048',
    {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: 'SHA-256',
    },
  ],
]);

/** A key of somebody else's, and certificates of it. */
export interface CertifiedKey {
  /** Raw, in the encoding of its type. */
  readonly publicKey: Buffer;
  /** Of the key, of who issued that, … and of the root. */
  readonly x5c: readonly string[];
}

/** A key of `type`, and a chain of `issuers` certificate authorities over it, the last one its own. The key's certificate names `leafIssuer`. */
export async function certifiedKey(
  type: KeyType = 'urn:webkms:multikey:P-256',
  issuers = 1,
  {leafIssuer = 'CN=authority 1'}: {readonly leafIssuer?: string} = {},
): Promise<CertifiedKey> {
  const uses: KeyUsage[] = type.startsWith('X25519') ? ['deriveBits'] : ['sign', 'verify'];
  const key = (await webcrypto.subtle.generateKey(
    ALGORITHMS.get(type) ?? ECDSA,
    true,
    uses,
  )) as CryptoKeyPair;
  const authorities = await Promise.all(
    Array.from({length: issuers}, () => webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])),
  );
  const subjects = [key, ...authorities];
  const nameOf = (i: number): string => (i === 0 ? 'CN=key' : `CN=authority ${i}`);
  const x5c = await Promise.all(
    subjects.map(async ({publicKey}, i) => {
      const issuer = Math.min(i + 1, issuers);
      const {rawData} = await X509CertificateGenerator.create({
        subject: nameOf(i),
        issuer: i === 0 ? leafIssuer : nameOf(issuer),
        notBefore: new Date('2026-01-01T00:00:00Z'),
        notAfter: new Date('2027-01-01T00:00:00Z'),
        publicKey,
        signingKey: subjects[issuer]!.privateKey,
        signingAlgorithm: ECDSA,
        extensions: [new BasicConstraintsExtension(i > 0)],
      });
      return Buffer.from(rawData).toString('base64');
    }),
  );
  return {publicKey: rawPublicKey(KEY_TYPES[type], KeyObject.from(key.publicKey)), x5c};
}
