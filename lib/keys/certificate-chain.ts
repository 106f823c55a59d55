import {X509Certificate} from 'node:crypto';
import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import type {KeyTypeDescriptor} from './key-types.ts';
import {rawPublicKey} from './public-key-codec/public-key-object.ts';

const MAX_CERTIFICATES = 10;
const MAX_CERTIFICATE_BYTES = 8192;

/**
 * Reads `x5c` (RFC 7517 §4.7) of a key: its own certificate, then each one's issuer. Signatures are checked, and that issuers
 * are what they are called; whom to trust, and since when, is for who reads the chain.
 * @param publicKey raw, in the encoding of `type`
 * @returns DER of each.
 * @throws MalformedRequestError where it is not such a chain. @throws NotSupportedError where keys of that type have none.
 */
export function parseCertificateChain(
  x5c: readonly string[],
  type: KeyTypeDescriptor,
  publicKey: Uint8Array | undefined,
): readonly Uint8Array[] {
  if (!publicKey) throw new NotSupportedError('Only a key with a public key may have certificates.');
  if (x5c.length === 0 || x5c.length > MAX_CERTIFICATES) {
    throw new MalformedRequestError(`"x5c" is a chain of 1 to ${MAX_CERTIFICATES} certificates.`);
  }
  const chain = x5c.map(parseCertificate);
  chain.forEach((certificate, i) => {
    const issuer = chain[i + 1];
    if (issuer && !isIssuedBy(certificate, issuer)) {
      throw new MalformedRequestError(`"x5c[${i}]" was not issued by "x5c[${i + 1}]".`);
    }
  });
  if (!chain[0] || !holds(chain[0], type, publicKey)) {
    throw new MalformedRequestError('"x5c[0]" must be a certificate of this public key.');
  }
  return chain.map(({raw}) => raw);
}

/** Standard base64 of DER, as `x5c` has it. */
export function formatCertificate(der: Uint8Array): string {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
}

function parseCertificate(text: string, i: number): X509Certificate {
  const der = Buffer.from(text, 'base64');
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw new MalformedRequestError(`"x5c[${i}]" has more than ${MAX_CERTIFICATE_BYTES} bytes.`);
  }
  // One text for these bytes, and nothing but a certificate in them: what OpenSSL read, it writes the same.
  if (der.toString('base64') === text) {
    const certificate = open(der);
    if (certificate?.raw.equals(der)) return certificate;
  }
  throw new MalformedRequestError(`"x5c[${i}]" must be standard base64 of a certificate's DER.`);
}

function open(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function holds(certificate: X509Certificate, type: KeyTypeDescriptor, publicKey: Uint8Array): boolean {
  try {
    return rawPublicKey(type, certificate.publicKey).equals(publicKey);
  } catch {
    return false;
  }
}
