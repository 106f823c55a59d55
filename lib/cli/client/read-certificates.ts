import {X509Certificate} from 'node:crypto';
import {ClientError} from './client-error.ts';
import {readSmallFile} from './read-small-file.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM file, as PEM, and nothing else that it holds. @throws ClientError where there are none */
export async function readCertificates(path: string): Promise<string> {
  const text = (await readSmallFile(path, 'The certificate file')).toString('latin1');
  const certificates = text.match(CERTIFICATE) ?? [];
  try {
    if (certificates.length > 0) {
      return certificates.map((pem) => new X509Certificate(pem).toString()).join('');
    }
  } catch (cause) {
    throw malformed(path, cause);
  }
  throw malformed(path);
}

function malformed(path: string, cause?: unknown): ClientError {
  return new ClientError('failed', `The certificate file ${path} holds no certificate in PEM.`, {cause});
}
