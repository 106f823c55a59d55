import {InvalidStateError, MalformedRequestError, NotSupportedError} from '../../errors.ts';
import type {SignatureAlgorithm} from '../../keys/key-algorithms.ts';
import type {Kms} from '../kms.ts';
import {attributeOid, parseDistinguishedName, type SubjectAttribute} from './distinguished-name.ts';

export interface CertificationRequestOptions {
  /** A name as RFC 4514 writes it (`CN=Alice,O=Example,C=CH`), or its attributes in the order of the certificate; may be empty. */
  readonly subject: string | readonly SubjectAttribute[];
  /** For the extension subjectAltName (RFC 5280 §4.2.1.6). */
  readonly alternativeNames?: {
    readonly dns?: readonly string[];
    readonly uri?: readonly string[];
    readonly email?: readonly string[];
    readonly ip?: readonly string[];
  };
  /** Default: the first that the key has. Some authorities know no PSS: `RS256` then. */
  readonly algorithm?: SignatureAlgorithm;
}

export interface CertificationRequest {
  /** DER (RFC 2986). */
  readonly der: Uint8Array;
  /** RFC 7468 §7. */
  readonly pem: string;
}

/**
 * Makes a certification request (PKCS #10, RFC 2986) for the newest version of a key, which signs it in the KMS.
 * @throws NotSupportedError where there are no certificates of keys of that type (BBS), or it does not sign.
 * @throws InvalidStateError where the key was rotated meanwhile. @throws MalformedRequestError, and as `Kms.sign`
 */
export async function createCertificationRequest(
  kms: Pick<Kms, 'getPublicKey' | 'sign'>,
  kid: string,
  {subject, alternativeNames = {}, algorithm: asked}: CertificationRequestOptions,
): Promise<CertificationRequest> {
  const names = readSubject(subject);
  const publicKey = await kms.getPublicKey(kid);
  const {signatureAlgorithms: supported} = publicKey;
  const algorithm = asked ?? supported[0];
  if (algorithm === undefined || !supported.includes(algorithm)) {
    throw new NotSupportedError('The key does not sign like that.', {details: {supported}});
  }
  const {encodeRequest, encodeRequestInfo} = await import('./encode-request.ts');
  const info = encodeRequestInfo({
    spki: publicKey.toSpki(),
    subject: names,
    alternativeNames: readAlternativeNames(alternativeNames),
  });
  const {signature, keyVersion} = await kms.sign(kid, Buffer.from(info), {algorithm});
  if (keyVersion !== publicKey.version) {
    throw new InvalidStateError(
      'The key was rotated while its certification request was made: make it again.',
    );
  }
  const der = Buffer.from(encodeRequest({info, algorithm, signature}));
  return {der, pem: toPem(der)};
}

function readSubject(subject: CertificationRequestOptions['subject']) {
  const names =
    typeof subject === 'string' ? parseDistinguishedName(subject) : subject.map((attribute) => [attribute]);
  return names.map((attributes) =>
    attributes.map(({type, value}) => {
      if (value === '') throw new MalformedRequestError('A value of the subject is empty.');
      return {oid: attributeOid(type), value};
    }),
  );
}

/** IA5String holds ASCII: names of other scripts go in as Punycode, or percent-encoded. */
const ASCII = /^[\x21-\x7e]+$/;

function readAlternativeNames({
  dns = [],
  uri = [],
  email = [],
  ip = [],
}: NonNullable<CertificationRequestOptions['alternativeNames']>) {
  if (![...dns, ...uri, ...email, ...ip].every((name) => ASCII.test(name))) {
    throw new MalformedRequestError('An alternative name is one word of ASCII characters.');
  }
  return {dns, uri, email, ip};
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join(
    '\n',
  );
}
