import {generateKeyPairSync, type KeyObject} from 'node:crypto';
import {inspect} from 'node:util';
import {expect} from 'chai';
import {calculateJwkThumbprint, exportJWK} from 'jose';
import {MalformedRequestError, NotSupportedError} from '../../lib/errors.ts';
import {findNamedKeyType, KEY_TYPES, type KeyTypeDescriptor} from '../../lib/keys/key-types.ts';
import {openPublicKey, rawPublicKey} from '../../lib/keys/public-key-codec/public-key-object.ts';
import {formatPublicJwk, parsePublicJwk} from '../../lib/keys/public-key-codec/public-jwk.ts';
import {formatSpki, formatSpkiPem} from '../../lib/keys/public-key-codec/spki.ts';
import {BBS_TYPES, outsideKey, PAIR_TYPES, SYMMETRIC_TYPES} from './outside-keys.ts';

const spkiOf = (key: KeyObject): Buffer => key.export({format: 'der', type: 'spki'});
const named = (name: string): KeyTypeDescriptor => findNamedKeyType(name)!;

describe('public keys', () => {
  it('are of every type either pairs of node:crypto, symmetric, or BBS', () => {
    expect(PAIR_TYPES.length + SYMMETRIC_TYPES.length + BBS_TYPES.length).to.equal(
      Object.keys(KEY_TYPES).length,
    );
  });

  for (const type of PAIR_TYPES) {
    it(`of ${type.name}: as node:crypto and jose write them, and back`, async () => {
      const {publicKey} = outsideKey(type);
      const raw = rawPublicKey(type, publicKey);
      expect(raw.length).to.equal(type.publicKey!.length);
      expect(openPublicKey(type, raw).equals(publicKey)).to.equal(true);
      const jwk = formatPublicJwk(type, raw);
      expect(jwk).to.deep.equal(publicKey.export({format: 'jwk'}));
      if (jwk.kty !== 'AKP') expect(jwk).to.deep.equal(await exportJWK(publicKey));
      expect(await calculateJwkThumbprint({...jwk})).to.be.a('string');
      expect(parsePublicJwk(type, {...jwk, kid: 'k', ext: true, x5c: []})).to.deep.equal(raw);
      expect(formatSpki(type, raw)).to.deep.equal(spkiOf(publicKey));
      expect(formatSpkiPem(type, raw)).to.equal(publicKey.export({format: 'pem', type: 'spki'}));
    });

    it(`of ${type.name}: nothing else`, () => {
      const raw = rawPublicKey(type, outsideKey(type).publicKey);
      const refuse = (run: () => unknown) =>
        expect(run).to.throw(
          MalformedRequestError,
          new RegExp(`^This is not a public key of type ${type.name}`),
        );
      for (const other of [Buffer.alloc(0), raw.subarray(1), Buffer.concat([raw, Buffer.of(0)])]) {
        refuse(() => openPublicKey(type, other));
        refuse(() => formatPublicJwk(type, other));
        refuse(() => formatSpki(type, other));
      }
      refuse(() => rawPublicKey(type, outsideKey(type).privateKey));
      const another = PAIR_TYPES.find(
        ({algorithm, publicKey}) => algorithm !== type.algorithm && publicKey !== type.publicKey,
      )!;
      refuse(() => rawPublicKey(type, outsideKey(another).publicKey));
    });

    it(`of ${type.name}: no JWK with a member that is missing, of another type, longer, shorter, padded or inherited`, () => {
      const jwk: Readonly<Record<string, unknown>> = {
        ...formatPublicJwk(type, rawPublicKey(type, outsideKey(type).publicKey)),
      };
      for (const [name, value] of Object.entries(jwk)) {
        const others = [
          undefined,
          null,
          1,
          1e308,
          [value],
          {value},
          '',
          `${String(value)}A`,
          `${String(value)}=`,
          String(value).slice(1),
          'A'.repeat(100_000),
        ];
        for (const other of others) {
          expect(
            () => parsePublicJwk(type, {...jwk, [name]: other}),
            `${name}: ${inspect(other).slice(0, 50)}`,
          ).to.throw(MalformedRequestError, `"${name}"`);
        }
      }
      expect(() => parsePublicJwk(type, Object.create(jwk))).to.throw(MalformedRequestError, '"kty"');
      for (const value of [undefined, null, 'jwk', 1, [jwk]]) {
        expect(() => parsePublicJwk(type, value)).to.throw(
          MalformedRequestError,
          'The JWK must be an object.',
        );
      }
    });
  }

  it('of EC: no point off the curve, none that is not reduced, no other curve', () => {
    const type = named('ecdsa-p256');
    const jwk = formatPublicJwk(type, rawPublicKey(type, outsideKey(type).publicKey)) as {
      x: string;
      y: string;
    };
    const y = Buffer.from(jwk.y, 'base64url');
    y[0]! ^= 1;
    const message = 'This is not a public key of type urn:webkms:multikey:P-256.';
    expect(() => parsePublicJwk(type, {...jwk, y: y.toString('base64url')})).to.throw(
      MalformedRequestError,
      message,
    );
    expect(() => parsePublicJwk(type, {...jwk, x: Buffer.alloc(32, 0xff).toString('base64url')})).to.throw(
      MalformedRequestError,
      message,
    );
    expect(() => parsePublicJwk(type, {...jwk, x: jwk.y, y: jwk.x})).to.throw(MalformedRequestError, message);
    const secp256k1 = outsideKey(named('ecdsa-secp256k1')).publicKey;
    expect(() => rawPublicKey(type, secp256k1)).to.throw(MalformedRequestError);
    expect(() => parsePublicJwk(type, secp256k1.export({format: 'jwk'}))).to.throw(
      MalformedRequestError,
      '"crv"',
    );
  });

  it('of RSA: no other size, no other exponent, no PSS key, no JWK that is not minimal', () => {
    const type = named('rsa2048');
    const refuse = (key: KeyObject) => {
      expect(() => rawPublicKey(type, key)).to.throw(MalformedRequestError);
    };
    refuse(outsideKey(named('rsa3072')).publicKey);
    const three = generateKeyPairSync('rsa', {modulusLength: 2048, publicExponent: 3}).publicKey;
    refuse(three);
    expect(() => parsePublicJwk(type, three.export({format: 'jwk'}))).to.throw(
      MalformedRequestError,
      '"e" must be "AQAB"',
    );
    refuse(generateKeyPairSync('rsa-pss', {modulusLength: 2048}).publicKey);
    const jwk = outsideKey(type).publicKey.export({format: 'jwk'});
    const padded = Buffer.concat([Buffer.of(0), Buffer.from(jwk.n!, 'base64url')]).toString('base64url');
    expect(() => parsePublicJwk(type, {...jwk, n: padded})).to.throw(MalformedRequestError, '"n"');
    const short = Buffer.alloc(256, 1).toString('base64url');
    expect(() => parsePublicJwk(type, {...jwk, n: short})).to.throw(MalformedRequestError);
  });

  for (const type of BBS_TYPES) {
    it(`of ${type.name}: a JWK of ours, and nothing for node:crypto`, () => {
      const raw = Buffer.alloc(96, 0x85);
      const jwk = {kty: 'OKP', crv: 'Bls12381G2', x: raw.toString('base64url')};
      expect(formatPublicJwk(type, raw)).to.deep.equal(jwk);
      expect(parsePublicJwk(type, jwk)).to.deep.equal(raw);
      expect(() => formatPublicJwk(type, raw.subarray(1))).to.throw(MalformedRequestError);
      expect(() => parsePublicJwk(type, {...jwk, kty: 'BBS'})).to.throw(MalformedRequestError, '"kty"');
      for (const run of [openPublicKey, formatSpki, formatSpkiPem])
        expect(() => run(type, raw)).to.throw(NotSupportedError);
    });
  }

  for (const type of SYMMETRIC_TYPES) {
    it(`of ${type.name}: none`, () => {
      const raw = Buffer.alloc(32, 1);
      for (const run of [openPublicKey, formatPublicJwk, formatSpki, formatSpkiPem])
        expect(() => run(type, raw)).to.throw(NotSupportedError);
      expect(() => parsePublicJwk(type, {kty: 'oct', k: raw.toString('base64url')})).to.throw(
        NotSupportedError,
      );
    });
  }
});
