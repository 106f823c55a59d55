import 'reflect-metadata';
import {webcrypto} from 'node:crypto';
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
const NAME = 'CN=Test Authority';
const [notBefore, notAfter] = [new Date('2026-01-01T00:00:00Z'), new Date('2126-01-01T00:00:00Z')];

/** An authority that certifies whatever it is asked for. */
export class TestAuthority {
  readonly keys: webcrypto.CryptoKeyPair;
  /** Standard base64 of DER. */
  readonly certificate: string;

  private constructor(keys: webcrypto.CryptoKeyPair, certificate: string) {
    this.keys = keys;
    this.certificate = certificate;
  }

  static async create(): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      ...{name: NAME, notBefore, notAfter, signingAlgorithm: ALGORITHM, keys},
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new TestAuthority(keys, base64(certificate.rawData));
  }
}

/** @param csr PEM. @returns the certificate, standard base64 of DER */
export async function certify({keys}: TestAuthority, csr: string): Promise<string> {
  const request = new Pkcs10CertificateRequest(csr);
  if (!(await request.verify())) throw new Error('The request does not verify.');
  const certificate = await X509CertificateGenerator.create({
    ...{subject: request.subject, issuer: NAME, notBefore, notAfter},
    ...{signingAlgorithm: ALGORITHM, publicKey: request.publicKey, signingKey: keys.privateKey},
  });
  return base64(certificate.rawData);
}

/** What an authority reads in a request. */
export async function readCsr(pem: string) {
  const request = new Pkcs10CertificateRequest(pem);
  const extension = request.extensions.find((found) => found instanceof SubjectAlternativeNameExtension);
  return {
    verify: () => request.verify(),
    publicKeyPem: request.publicKey.toString('pem'),
    alternativeNames: (extension?.names.toJSON() ?? []).map(({type, value}) => [type, value]),
  };
}

function base64(der: ArrayBuffer): string {
  return Buffer.from(der).toString('base64');
}
