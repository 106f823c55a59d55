// Loaded only where a request is made.
import {isIP} from 'node:net';
import {Attributes, CertificationRequest, CertificationRequestInfo} from '@peculiar/asn1-csr';
import {AsnConvert, OctetString} from '@peculiar/asn1-schema';
import {
  Attribute,
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  Extensions,
  GeneralName,
  id_ce_subjectAltName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';
import {MalformedRequestError} from '../../errors.ts';
import type {SignatureAlgorithm} from '../../keys/key-algorithms.ts';
import {signatureAlgorithmIdentifier, signatureBits} from './signature-algorithm.ts';

/** PKCS #9 extensionRequest (RFC 2985 §5.4.2). */
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const COUNTRY = '2.5.4.6';
const SERIAL_NUMBER = '2.5.4.5';
const DOMAIN_COMPONENT = '0.9.2342.19200300.100.1.25';
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]+$/;
const ASCII = /^[\x20-\x7e]+$/;

interface EncodedAttribute {
  readonly oid: string;
  readonly value: string;
}

type AlternativeNames = Readonly<Record<'dns' | 'uri' | 'email' | 'ip', readonly string[]>>;

export interface RequestInfo {
  readonly spki: Uint8Array;
  /** In the order of the certificate. */
  readonly subject: readonly (readonly EncodedAttribute[])[];
  readonly alternativeNames: AlternativeNames;
}

/** What is signed. @returns DER. @throws MalformedRequestError */
export function encodeRequestInfo({spki, subject, alternativeNames}: RequestInfo): ArrayBuffer {
  const names = generalNames(alternativeNames);
  return AsnConvert.serialize(
    new CertificationRequestInfo({
      version: 0,
      subject: new Name(
        subject.map((attributes) => new RelativeDistinguishedName(attributes.map(encodeAttribute))),
      ),
      subjectPKInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
      attributes: new Attributes(names.length > 0 ? [extensionRequest(names)] : []),
    }),
  );
}

/** @param info as `encodeRequestInfo` gave it. @param signature as the KMS gave it. @returns DER */
export function encodeRequest({
  info,
  algorithm,
  signature,
}: {
  readonly info: ArrayBuffer;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}): ArrayBuffer {
  return AsnConvert.serialize(
    new CertificationRequest({
      certificationRequestInfo: AsnConvert.parse(info, CertificationRequestInfo),
      certificationRequestInfoRaw: info,
      signatureAlgorithm: signatureAlgorithmIdentifier(algorithm),
      signature: Uint8Array.from(signatureBits(algorithm, signature)).buffer,
    }),
  );
}

function encodeAttribute({oid, value}: EncodedAttribute): AttributeTypeAndValue {
  return new AttributeTypeAndValue({type: oid, value: encodeValue(oid, value)});
}

/** RFC 5280 §4.1.2.4 and appendix A.1: which string type an attribute has. */
function encodeValue(oid: string, value: string): AttributeValue {
  switch (oid) {
    case COUNTRY:
      if (!/^[A-Za-z]{2}$/.test(value)) {
        throw new MalformedRequestError('The country of the subject is two letters (ISO 3166).');
      }
      return new AttributeValue({printableString: value});
    case SERIAL_NUMBER:
      if (!PRINTABLE.test(value)) throw new MalformedRequestError('A serial number is of printable ASCII.');
      return new AttributeValue({printableString: value});
    case DOMAIN_COMPONENT:
    case EMAIL_ADDRESS:
      if (!ASCII.test(value)) throw new MalformedRequestError('An address in the subject is of ASCII.');
      return new AttributeValue({ia5String: value});
    default:
      return new AttributeValue({utf8String: value});
  }
}

function generalNames({dns, uri, email, ip}: AlternativeNames): readonly GeneralName[] {
  for (const address of ip) {
    if (isIP(address) === 0) throw new MalformedRequestError('An alternative name is no IP address.');
  }
  return [
    ...dns.map((dNSName) => new GeneralName({dNSName})),
    ...uri.map((uniformResourceIdentifier) => new GeneralName({uniformResourceIdentifier})),
    ...email.map((rfc822Name) => new GeneralName({rfc822Name})),
    ...ip.map((iPAddress) => new GeneralName({iPAddress})),
  ];
}

function extensionRequest(names: readonly GeneralName[]): Attribute {
  const alternativeNames = AsnConvert.serialize(new SubjectAlternativeName([...names]));
  const extension = new Extension({
    extnID: id_ce_subjectAltName,
    extnValue: new OctetString(alternativeNames),
  });
  return new Attribute({
    type: EXTENSION_REQUEST,
    values: [AsnConvert.serialize(new Extensions([extension]))],
  });
}
