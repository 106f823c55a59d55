import {expect} from 'chai';
import {MalformedRequestError, NotSupportedError} from '../../lib/errors.ts';
import {formatCertificate, parseCertificateChain} from '../../lib/keys/certificate-chain.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {createValidator} from '../../lib/validation/create-validator.ts';
import {x5c as x5cSchema} from '../../schemas/key-metadata.ts';
import {type CertifiedKey, certifiedKey} from './certified-key.ts';

const P256 = KEY_TYPES['urn:webkms:multikey:P-256'];
const validate = createValidator('x5c', {type: 'object', properties: {x5c: x5cSchema}});

describe('certificate chain', () => {
  let key: CertifiedKey;
  let other: CertifiedKey;
  const parse = (x5c: readonly string[]): readonly Uint8Array[] =>
    parseCertificateChain(x5c, P256, key.publicKey);
  const refuses = (x5c: readonly string[], message: RegExp): void => {
    expect(() => parse(x5c)).to.throw(MalformedRequestError, message);
  };

  before(async () => {
    [key, other] = [await certifiedKey(P256.name, 9), await certifiedKey(P256.name, 2)];
  });

  it("is the key's own certificate, alone or with those of who issued it", () => {
    for (const length of [1, 2, 5, 10]) {
      const x5c = key.x5c.slice(0, length);
      expect(validate({x5c})).to.deep.equal({x5c});
      expect(parse(x5c).map(formatCertificate)).to.deep.equal(x5c);
    }
  });

  const types: readonly KeyType[] = [
    'urn:webkms:multikey:P-521',
    'Ed25519VerificationKey2020',
    'Ed25519VerificationKey2018',
    'X25519KeyAgreementKey2020',
    'urn:webkms:multikey:RSA-2048',
  ];
  for (const type of types) {
    it(`is of a key of type ${type}, and of no other key of that type`, async () => {
      const [mine, another] = [await certifiedKey(type), await certifiedKey(type)];
      expect(parseCertificateChain(mine.x5c, KEY_TYPES[type], mine.publicKey)).to.have.length(2);
      expect(() => parseCertificateChain(another.x5c, KEY_TYPES[type], mine.publicKey)).to.throw(
        MalformedRequestError,
        /of this public key/,
      );
      expect(() => parseCertificateChain(key.x5c, KEY_TYPES[type], mine.publicKey)).to.throw(
        MalformedRequestError,
        /of this public key/,
      );
    });
  }

  it('is in order, without gaps, each signed by the next', () => {
    const [leaf, first, second, third] = key.x5c as [string, string, string, string];
    parse([leaf, first, second, third]);
    refuses([leaf, second], /"x5c\[0\]" was not issued by "x5c\[1\]"/);
    refuses([leaf, first, third], /"x5c\[1\]" was not issued by "x5c\[2\]"/);
    refuses([first, leaf], /was not issued by/);
    refuses([first, second], /must be a certificate of this public key/);
    // Of the same name, but another's.
    refuses([leaf, other.x5c[1]!], /"x5c\[0\]" was not issued by "x5c\[1\]"/);
  });

  it('names who issued each', async () => {
    const misnamed = await certifiedKey(P256.name, 1, {leafIssuer: 'CN=somebody else'});
    const parseMisnamed = (length: number): unknown =>
      parseCertificateChain(misnamed.x5c.slice(0, length), P256, misnamed.publicKey);
    expect(parseMisnamed(1)).to.have.length(1);
    expect(() => parseMisnamed(2)).to.throw(MalformedRequestError, /was not issued by/);
  });

  it('has signatures that are good', () => {
    const leaf = Buffer.from(key.x5c[0]!, 'base64');
    leaf[leaf.length - 1]! ^= 1;
    refuses([formatCertificate(leaf), key.x5c[1]!], /was not issued by|must be standard base64/);
    expect(() => parse([key.x5c[0]!, key.x5c[1]!])).to.not.throw();
  });

  it('is of one to ten certificates', async () => {
    refuses([], /1 to 10/);
    const long = await certifiedKey(P256.name, 10);
    expect(() => parseCertificateChain(long.x5c, P256, long.publicKey)).to.throw(
      MalformedRequestError,
      /1 to 10/,
    );
    expect(parseCertificateChain(long.x5c.slice(0, 10), P256, long.publicKey)).to.have.length(10);
  });

  it('is standard base64 of DER, with one text for it, and nothing else in it', () => {
    const leaf = key.x5c[0]!;
    const der = Buffer.from(leaf, 'base64');
    const pem = `-----BEGIN CERTIFICATE-----\n${leaf}\n-----END CERTIFICATE-----\n`;
    for (const text of [
      '',
      'AAAA',
      `${leaf}\n`,
      ` ${leaf}`,
      der.toString('base64url'),
      pem,
      Buffer.from(pem).toString('base64'),
      Buffer.concat([der, Buffer.of(0)]).toString('base64'),
      Buffer.concat([der, der]).toString('base64'),
      der.subarray(0, -1).toString('base64'),
    ]) {
      if (text !== leaf) refuses([text], /"x5c\[0\]" must be standard base64/);
    }
    refuses([leaf, 'AAAA'], /"x5c\[1\]" must be standard base64/);
  });

  it('has certificates of 8192 bytes at most', () => {
    refuses([Buffer.alloc(8193).toString('base64')], /more than 8192 bytes/);
    refuses([Buffer.alloc(8192).toString('base64')], /must be standard base64/);
    const text = Buffer.alloc(8192).toString('base64');
    expect(validate({x5c: [text]})).to.deep.equal({x5c: [text]});
  });

  it('is of keys that certificates can be of', () => {
    expect(() => parseCertificateChain(key.x5c, KEY_TYPES.Sha256HmacKey2019, undefined)).to.throw(
      NotSupportedError,
      /with a public key/,
    );
    const bbs = KEY_TYPES['urn:webkms:multikey:Bls12381G2'];
    expect(() => parseCertificateChain(key.x5c, bbs, Buffer.alloc(96))).to.throw(MalformedRequestError);
  });
});
