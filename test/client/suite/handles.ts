import {inspect} from 'node:util';
import {expect} from 'chai';
import type {GetKms} from '../kms.suite.ts';

const EXPORTABLE = {policy: {exportable: true}};

/** Whatever can be got out of an object. */
function everythingIn(object: object): string {
  const options = {depth: null, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null};
  return [inspect(object, options), JSON.stringify(object), inspect(structuredClone(object), options)].join(
    '\n',
  );
}

/** Other ways to write the same bytes. */
function spellings(secret: Buffer): readonly string[] {
  const hex = secret.toString('hex');
  return [
    secret.toString('base64url'),
    secret.toString('base64').replace(/=+$/, ''),
    hex,
    (hex.match(/../g) ?? []).slice(0, 16).join(' '),
    [...secret.subarray(0, 8)].join(','),
    [...secret.subarray(0, 8)].join(', '),
  ];
}

export function describeHandles(kms: GetKms): void {
  describe('handles of keys', () => {
    it('hold nothing secret, and what looks for it would find it', async () => {
      const secret = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
      const handle = await kms().importPrivateKey({raw: secret}, {alg: 'aes256', ...EXPORTABLE});
      const text = await handle.decrypt(await kms().encrypt(handle.kid, secret));
      expect(secret.equals(text)).to.equal(true);
      const found = everythingIn(handle);
      expect(found).to.include(handle.kid);
      for (const spelling of spellings(secret)) {
        expect(found).to.not.include(spelling);
        expect(everythingIn({leak: spelling})).to.include(spelling);
      }
      expect(everythingIn({leak: secret})).to.include(spellings(secret)[3]);
    });

    it('of private keys neither', async () => {
      const {privateKey, publicKey} = await kms().generateKeyPair('ed25519', EXPORTABLE);
      const {d} = (await kms().exportPrivateKey(privateKey.kid)) as {readonly d: string};
      for (const handle of [privateKey, publicKey]) {
        const found = everythingIn(handle);
        expect(found).to.include(publicKey.jwk.x);
        for (const spelling of spellings(Buffer.from(d, 'base64url'))) expect(found).to.not.include(spelling);
      }
    });

    it('are written with what they are called', async () => {
      const {privateKey} = await kms().generateKeyPair('ecdsa-p256');
      const {type, kid, version, keyType, jwk} = privateKey;
      expect(JSON.parse(JSON.stringify(privateKey))).to.deep.equal({type, kid, version, keyType, jwk});
      expect({...structuredClone(privateKey)}).to.deep.equal({type, kid, version, keyType, jwk});
    });
  });
}
