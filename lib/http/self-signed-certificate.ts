import {webcrypto} from 'node:crypto';
import {isIP} from 'node:net';

export interface SelfSignedOptions {
  /** Host names and IP addresses (without brackets) that the certificate is for. */
  readonly hosts: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const ALGORITHM = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};

/** Makes a P-256 key and a certificate of RFC 5280 for it, signed by itself. Both PEM, the key in PKCS#8. */
export async function createSelfSignedCertificate({
  hosts,
  notBefore,
  notAfter,
}: SelfSignedOptions): Promise<{cert: string; key: string}> {
  // Loaded only where a certificate is made, which is seldom: it takes longer than the rest of a start. What it is built
  // on wants the polyfill there first.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=webkms-server self-signed',
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value})),
      ),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {cert: `${certificate.toString('pem')}\n`, key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')};
}
