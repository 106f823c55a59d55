import {createPrivateKey, generateKeyPairSync, type KeyObject} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {MalformedRequestError, NotSupportedError} from '../../../lib/errors.ts';
import {KEY_FORMS} from '../../../lib/keys/key-forms.ts';
import {findNamedKeyType, type KeyTypeDescriptor} from '../../../lib/keys/key-types.ts';
import {formatPkcs8, parsePkcs8} from '../../../lib/keys/private-key-codec/pkcs8.ts';
import {parsePrivateJwk} from '../../../lib/keys/private-key-codec/private-jwk.ts';
import {hex} from '../../key-modules/software/known-key.ts';
import {anotherKey, BBS_TYPES, outsideKey, PAIR_TYPES, SYMMETRIC_TYPES} from '../outside-keys.ts';
import {der} from './der.ts';

const named = (name: string): KeyTypeDescriptor => findNamedKeyType(name)!;
const pkcs8Of = (key: KeyObject): Buffer => key.export({format: 'der', type: 'pkcs8'});
const rawOf = (key: KeyObject): Buffer => key.export({format: 'raw-public'});

/** @returns the refusal's message, which has nothing of the key. */
function refusal(type: KeyTypeDescriptor, bytes: Uint8Array): string {
  try {
    parsePkcs8(type, bytes);
  } catch (error) {
    expect(error).to.be.instanceOf(MalformedRequestError);
    const {message} = error as Error;
    expect(message).to.match(/^[\x20-\x7e]{10,150}$/);
    return message;
  }
  return 'accepted';
}

const ED25519 = der.sequence(der.oid('2b6570'));
const EC_P256 = der.sequence(der.oid('2a8648ce3d0201'), der.oid('2a8648ce3d030107'));
const EC_P384 = der.sequence(der.oid('2a8648ce3d0201'), der.oid('2b81040022'));

describe('PKCS#8', () => {
  for (const type of PAIR_TYPES) {
    it(`of ${type.name}: as node:crypto writes it, and back, the same key as of its JWK`, () => {
      const {privateKey} = outsideKey(type);
      const secret = parsePkcs8(type, pkcs8Of(privateKey));
      expect(secret).to.deep.equal(parsePrivateJwk(type, privateKey.export({format: 'jwk'})));
      expect(formatPkcs8(type, secret)).to.deep.equal(pkcs8Of(privateKey));
    });

    it(`of ${type.name}: nothing after it, nothing missing, no key of another algorithm`, () => {
      const bytes = pkcs8Of(outsideKey(type).privateKey);
      expect(refusal(type, Buffer.concat([bytes, Buffer.of(0)]))).to.include('malformed');
      for (const length of [0, 1, 2, 10, bytes.length - 1])
        expect(refusal(type, bytes.subarray(0, length)), `${length}`).to.include('malformed');
      for (const another of PAIR_TYPES) {
        const forms = [type, another].map(({algorithm}) => KEY_FORMS[algorithm]);
        if (JSON.stringify(forms[0]) !== JSON.stringify(forms[1]))
          expect(refusal(type, pkcs8Of(outsideKey(another).privateKey)), another.name).to.match(
            /another type|modulus must have/,
          );
      }
    });

    it(`of ${type.name}: a changed bit gives another key, or none`, () => {
      const bytes = pkcs8Of(outsideKey(type).privateKey);
      const secret = parsePkcs8(type, bytes);
      fc.assert(
        fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
          const changed = Buffer.from(bytes);
          changed[bit >> 3]! ^= 1 << (bit & 7);
          try {
            expect(parsePkcs8(type, changed)).to.not.deep.equal(secret);
          } catch (error) {
            expect(error).to.be.instanceOf(MalformedRequestError);
          }
        }),
        {numRuns: 50},
      );
    });
  }

  for (const type of [...SYMMETRIC_TYPES, ...BBS_TYPES]) {
    it(`of ${type.name}: there is none`, () => {
      expect(() => parsePkcs8(type, pkcs8Of(outsideKey(named('ed25519')).privateKey))).to.throw(
        NotSupportedError,
      );
      expect(() => formatPkcs8(type, Buffer.alloc(32, 1))).to.throw(NotSupportedError);
    });
  }

  it('takes any bytes, and never throws anything else', () => {
    const wild = fc.oneof(
      fc.uint8Array({maxLength: 200}),
      fc.uint8Array({maxLength: 100}).map((bytes) => der.sequence(Buffer.from(bytes))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...PAIR_TYPES), wild, (type, bytes) => refusal(type, bytes) !== 'accepted'),
    );
  });

  it('that is encrypted is refused by that', () => {
    const cipher = {cipher: 'aes-256-cbc', passphrase: 'passphrase'};
    const bytes = outsideKey(named('ed25519')).privateKey.export({format: 'der', type: 'pkcs8', ...cipher});
    expect(refusal(named('ed25519'), bytes)).to.include('is encrypted');
  });

  it('of RSA that is restricted to PSS is refused by that', () => {
    const {privateKey} = generateKeyPairSync('rsa-pss', {modulusLength: 2048});
    expect(refusal(named('rsa2048'), pkcs8Of(privateKey))).to.include('restricted to PSS');
  });

  it('of RSA has the exponent 65,537 and two primes', () => {
    const {privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048, publicExponent: 3});
    expect(refusal(named('rsa2048'), pkcs8Of(privateKey))).to.include('65,537');
    const rsa = der.sequence(der.oid('2a864886f70d010101'), hex('0500'));
    const key = (version: number) => {
      const pkcs1 = outsideKey(named('rsa2048')).privateKey.export({format: 'der', type: 'pkcs1'});
      // SEQUENCE, its length in two bytes, INTEGER, 1, version.
      pkcs1[6] = version;
      return der.sequence(der.integer(0), rsa, der.octets(pkcs1));
    };
    expect(refusal(named('rsa2048'), key(0))).to.equal('accepted');
    expect(refusal(named('rsa2048'), key(1))).to.include('more than two primes');
  });

  describe('of Ed25519, by hand (RFC 8410 §10.3)', () => {
    const type = named('ed25519');
    const seed = hex('d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842');
    const publicKey = hex('19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1');
    const attributes = hex('a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273');
    const secret = der.octets(der.octets(seed));
    const withPublicKey = (key: Buffer, tag = 0x81) => der.element(tag, Buffer.of(0), key);

    it('is taken with attributes and with its public key', () => {
      const good = [
        der.sequence(der.integer(0), ED25519, secret),
        der.sequence(der.integer(0), ED25519, secret, attributes),
        der.sequence(der.integer(1), ED25519, secret, withPublicKey(publicKey)),
        der.sequence(der.integer(1), ED25519, secret, attributes, withPublicKey(publicKey)),
      ];
      for (const bytes of good) expect(parsePkcs8(type, bytes)).to.deep.equal(seed);
    });

    it('is refused otherwise', () => {
      const other = Buffer.from(publicKey);
      other[5]! ^= 1;
      const bad: Record<string, Buffer> = {
        'another public key': der.sequence(der.integer(1), ED25519, secret, withPublicKey(other)),
        'a public key of another length': der.sequence(
          der.integer(1),
          ED25519,
          secret,
          withPublicKey(publicKey.subarray(1)),
        ),
        'a public key in version 1': der.sequence(der.integer(0), ED25519, secret, withPublicKey(publicKey)),
        'none in version 2': der.sequence(der.integer(1), ED25519, secret),
        'bits that are no bytes': der.sequence(
          der.integer(1),
          ED25519,
          secret,
          der.element(0x81, Buffer.of(1), publicKey),
        ),
        'a public key with a wrong tag': der.sequence(
          der.integer(1),
          ED25519,
          secret,
          withPublicKey(publicKey, 0xa1),
        ),
        'version 3': der.sequence(der.integer(2), ED25519, secret, withPublicKey(publicKey)),
        'a version of two bytes': der.sequence(der.element(0x02, Buffer.of(1, 0)), ED25519, secret),
        'a negative version': der.sequence(der.element(0x02, Buffer.of(0xff)), ED25519, secret),
        'a version with a leading zero': der.sequence(der.element(0x02, Buffer.of(0, 0)), ED25519, secret),
        'a version of no bytes': der.sequence(der.element(0x02), ED25519, secret),
        parameters: der.sequence(der.integer(0), der.sequence(der.oid('2b6570'), hex('0500')), secret),
        'a seed that is shorter': der.sequence(
          der.integer(0),
          ED25519,
          der.octets(der.octets(seed.subarray(1))),
        ),
        'a seed without its tag': der.sequence(der.integer(0), ED25519, der.octets(seed)),
        'something after the seed': der.sequence(
          der.integer(0),
          ED25519,
          der.octets(der.octets(seed), der.octets(seed)),
        ),
        'something after the key': der.sequence(der.integer(0), ED25519, secret, der.octets(seed)),
        'a length that is longer than need be': Buffer.concat([
          hex('30812e'),
          der.integer(0),
          ED25519,
          secret,
        ]),
        'a length of two bytes where one will do': Buffer.concat([
          hex('3082002e'),
          der.integer(0),
          ED25519,
          secret,
        ]),
        'an indefinite length': Buffer.concat([hex('3080'), der.integer(0), ED25519, secret, hex('0000')]),
        'a length of four bytes': Buffer.concat([hex('30840000002e'), der.integer(0), ED25519, secret]),
      };
      for (const [name, bytes] of Object.entries(bad))
        expect(refusal(type, bytes), name).to.not.equal('accepted');
    });
  });

  describe('of EC, by hand (RFC 5915)', () => {
    const type = named('ecdsa-p256');
    const {privateKey, publicKey} = outsideKey(type);
    const d = Buffer.from(privateKey.export({format: 'jwk'}).d!, 'base64url');
    const point = rawOf(publicKey);
    const compressed = Buffer.concat([Buffer.of(2 + (point.at(-1)! & 1)), point.subarray(1, 33)]);
    const curve = (oid: string) => der.element(0xa0, der.oid(oid));
    const pointOf = (bytes: Buffer) => der.element(0xa1, der.element(0x03, Buffer.of(0), bytes));
    const key = (...parts: readonly Buffer[]) =>
      der.sequence(der.integer(0), EC_P256, der.octets(der.sequence(...parts)));

    it('is taken with and without curve and point, which may be compressed', () => {
      const [one, scalar] = [der.integer(1), der.octets(d)];
      for (const bytes of [
        key(one, scalar),
        key(one, scalar, curve('2a8648ce3d030107')),
        key(one, scalar, pointOf(point)),
        key(one, scalar, curve('2a8648ce3d030107'), pointOf(compressed)),
      ])
        expect(parsePkcs8(type, bytes)).to.deep.equal(d);
    });

    it('is refused otherwise', () => {
      const [one, scalar] = [der.integer(1), der.octets(d)];
      const other = rawOf(anotherKey(KEY_FORMS[type.algorithm]).publicKey);
      const hybrid = Buffer.concat([Buffer.of(6 + (point.at(-1)! & 1)), point.subarray(1)]);
      const offCurve = Buffer.from(point);
      offCurve[64]! ^= 2;
      const bad: Record<string, Buffer> = {
        'another point': key(one, scalar, pointOf(other)),
        'a point off the curve': key(one, scalar, pointOf(offCurve)),
        'a hybrid point': key(one, scalar, pointOf(hybrid)),
        'no point': key(one, scalar, pointOf(Buffer.alloc(0))),
        'the curve P-384 inside': key(one, scalar, curve('2b81040022')),
        'the curve P-384 outside': der.sequence(
          der.integer(0),
          EC_P384,
          der.octets(der.sequence(one, scalar)),
        ),
        'no curve': key(one, scalar, der.element(0xa0)),
        'version 2': key(der.integer(2), scalar),
        'a scalar that is shorter': key(one, der.octets(d.subarray(1))),
        'a scalar that is longer': key(one, der.octets(Buffer.of(0), d)),
        'something after it': key(one, scalar, der.integer(1)),
      };
      for (const [name, bytes] of Object.entries(bad))
        expect(refusal(type, bytes), name).to.not.equal('accepted');
    });

    it('is refused with the curve as numbers', () => {
      const explicit = {namedCurve: 'P-256', paramEncoding: 'explicit'} as const;
      const bytes = pkcs8Of(generateKeyPairSync('ec', explicit).privateKey);
      expect(refusal(type, bytes)).to.include('another type');
    });
  });

  for (const type of [named('ml-dsa-44'), named('ml-kem-768')]) {
    it(`of ${type.name}: the seed, alone or with what it expands to, not that alone`, () => {
      const bytes = pkcs8Of(outsideKey(type).privateKey);
      const seed = parsePkcs8(type, bytes);
      const identifier = bytes.subarray(7, 20);
      expect(identifier.subarray(0, 4)).to.deep.equal(hex('300b0609'));
      const key = (content: Buffer) => der.sequence(der.integer(0), identifier, der.octets(content));
      // SEQUENCE { seed, expanded }, whose lengths are written in one byte and in two.
      const expanded = bytes.subarray(bytes.indexOf(seed) + seed.length + 4);
      const both = (other: Buffer) => key(der.sequence(der.octets(seed), der.octets(other)));
      expect(both(expanded)).to.deep.equal(bytes);
      const alone = key(der.element(0x80, seed));
      expect(parsePkcs8(type, alone)).to.deep.equal(seed);
      expect(
        createPrivateKey({key: alone, format: 'der', type: 'pkcs8'}).equals(outsideKey(type).privateKey),
      ).to.equal(true);
      expect(refusal(type, key(der.octets(expanded)))).to.include('must have its seed');
      const other = Buffer.from(expanded);
      other[100]! ^= 1;
      expect(refusal(type, both(other))).to.include('does not belong to its seed');
      expect(refusal(type, key(der.element(0x80, seed.subarray(1))))).to.include(`${seed.length} bytes`);
      expect(refusal(type, key(der.element(0x81, seed)))).to.include('malformed');
    });
  }
});
