import {generateKeyPairSync, verify} from 'node:crypto';
import {expect} from 'chai';
import {KeyPolicyError, MalformedRequestError, NotSupportedError} from '../../../lib/errors.ts';
import {refused} from '../refused.ts';
import type {GetKms} from '../kms.suite.ts';

const DATA = Buffer.from('data');
const EXPORTABLE = {policy: {exportable: true}};

/** Keys made elsewhere, and what they are here. */
const PAIRS = {
  ed25519: () => generateKeyPairSync('ed25519'),
  'ecdsa-p256': () => generateKeyPairSync('ec', {namedCurve: 'P-256'}),
  'ecdsa-p384': () => generateKeyPairSync('ec', {namedCurve: 'P-384'}),
  'ecdsa-p521': () => generateKeyPairSync('ec', {namedCurve: 'P-521'}),
  'ecdsa-secp256k1': () => generateKeyPairSync('ec', {namedCurve: 'secp256k1'}),
  rsa2048: () => generateKeyPairSync('rsa', {modulusLength: 2048}),
  x25519: () => generateKeyPairSync('x25519'),
  'ml-dsa-44': () => generateKeyPairSync('ml-dsa-44'),
} as const;

export function describeKeyTransport(kms: GetKms): void {
  describe('import and export', () => {
    for (const [alg, generate] of Object.entries(PAIRS)) {
      it(`imports ${alg} keys as JWK, PEM and PKCS#8, and exports what it got`, async () => {
        const {privateKey, publicKey} = generate();
        const jwk = privateKey.export({format: 'jwk'});
        for (const key of [
          {jwk: {...jwk}},
          {pem: privateKey.export({format: 'pem', type: 'pkcs8'}).toString()},
          {pkcs8: privateKey.export({format: 'der', type: 'pkcs8'})},
        ]) {
          const imported = await kms().importPrivateKey(key, EXPORTABLE);
          const info = await kms().getKey(imported.kid);
          expect([imported.type, info.shortName, info.origin]).to.deep.equal(['private', alg, 'imported']);
          const pem = publicKey.export({format: 'pem', type: 'spki'}).toString();
          expect((await kms().getPublicKey(imported.kid)).toPem()).to.equal(pem);
          expect(await kms().exportPrivateKey(imported.kid)).to.deep.include({...jwk});
        }
      });
    }

    it('signs with what was imported', async () => {
      const {privateKey, publicKey} = generateKeyPairSync('ed25519');
      const imported = await kms().importPrivateKey({jwk: {...privateKey.export({format: 'jwk'})}});
      const {signature} = await kms().sign(imported.kid, DATA);
      expect(verify(null, DATA, publicKey, signature)).to.equal(true);
    });

    for (const alg of ['aes256', 'aes-kw-256', 'hmac-sha256']) {
      it(`imports the bytes of ${alg} keys, and the same as JWK`, async () => {
        const raw = Buffer.alloc(32, 9);
        const key = await kms().importPrivateKey({raw}, {...EXPORTABLE, alg});
        expect(key.type).to.equal('secret');
        const jwk = await kms().exportPrivateKey(key.kid);
        expect([jwk['kty'], jwk['k']]).to.deep.equal(['oct', raw.toString('base64url')]);
        const again = await kms().importPrivateKey({jwk}, EXPORTABLE);
        expect((await kms().getKey(again.kid)).shortName).to.equal(alg);
        expect(await kms().exportPrivateKey(again.kid)).to.deep.equal(jwk);
      });
    }

    it('takes EC keys for agreement where it is told', async () => {
      const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
      const jwk = {...privateKey.export({format: 'jwk'})};
      const told = await kms().importPrivateKey({jwk}, {alg: 'ecdh-p256'});
      const tells = await kms().importPrivateKey({jwk: {...jwk, alg: 'ECDH-ES+A256KW'}});
      for (const {kid} of [told, tells]) {
        expect((await kms().getKey(kid)).shortName).to.equal('ecdh-p256');
      }
    });

    it('exports an old version where it is asked for', async () => {
      const {kid} = await kms().createKey('aes256', EXPORTABLE);
      const first = await kms().exportPrivateKey(kid);
      await kms().rotateKey(kid);
      expect(await kms().exportPrivateKey(kid, {version: 1})).to.deep.equal(first);
      expect(await kms().exportPrivateKey(`${kid}?version=1`)).to.deep.equal(first);
      expect((await kms().exportPrivateKey(kid))['k']).to.not.equal(first['k']);
    });

    it('exports nothing that is not exportable', async () => {
      const {kid} = await kms().createKey('aes256');
      expect(await refused(kms().exportPrivateKey(kid))).to.be.instanceOf(KeyPolicyError);
    });

    it('says what is wrong with what cannot be imported', async () => {
      const {privateKey} = generateKeyPairSync('ed25519');
      const encrypted = privateKey
        .export({format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret'})
        .toString();
      const strange = generateKeyPairSync('ed448').privateKey.export({format: 'jwk'});
      for (const [key, options, ErrorClass] of [
        [{raw: Buffer.alloc(32)}, {}, MalformedRequestError],
        [{raw: Buffer.alloc(31)}, {alg: 'aes256'}, MalformedRequestError],
        [{pem: encrypted}, {}, NotSupportedError],
        [{pem: 'no PEM'}, {}, MalformedRequestError],
        [{jwk: {...strange}}, {}, NotSupportedError],
        [{jwk: {kty: 'oct', k: 'AAAA'}}, {}, NotSupportedError],
        [{jwk: {...privateKey.export({format: 'jwk'})}}, {alg: 'ecdsa-p256'}, MalformedRequestError],
      ] as const) {
        expect(await refused(kms().importPrivateKey(key, options))).to.be.instanceOf(ErrorClass);
      }
    });
  });
}
