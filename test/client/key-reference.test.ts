import {expect} from 'chai';
import {parseKeyReference} from '../../lib/client/key-reference.ts';
import {MalformedRequestError} from '../../lib/errors.ts';

const KEYSTORE = 'https://kms.example/kms/keystores/z1a';

describe('references of keys', () => {
  it('are URLs of the keystore’s keys, or names', () => {
    const read = (kid: string) => parseKeyReference(kid, KEYSTORE);
    expect(read(`${KEYSTORE}/keys/z1b`)).to.deep.equal({keyId: `${KEYSTORE}/keys/z1b`});
    expect(read(`${KEYSTORE}/keys/z1b?version=12`)).to.deep.equal({
      keyId: `${KEYSTORE}/keys/z1b`,
      version: 12,
    });
    expect(read('name:invoices: 2026/1')).to.deep.equal({name: 'invoices: 2026/1'});
  });

  for (const kid of [
    '',
    'invoices',
    'name:',
    KEYSTORE,
    `${KEYSTORE}/keys/`,
    `${KEYSTORE}/keys/z1b/`,
    `${KEYSTORE}/keys/../z1b`,
    `${KEYSTORE}/keys/z1b#a`,
    `${KEYSTORE}/keys/z1b?version=0`,
    `${KEYSTORE}/keys/z1b?version=1&a=b`,
    `${KEYSTORE}/keys/z1b?version=1?version=2`,
    `${KEYSTORE}/keys/z1b?`,
    `${KEYSTORE}/keys/%7a`,
    `${KEYSTORE}x/keys/z1b`,
    'https://other.example/kms/keystores/z1a/keys/z1b',
  ]) {
    it(`are not ${JSON.stringify(kid)}`, () => {
      expect(() => parseKeyReference(kid, KEYSTORE)).to.throw(MalformedRequestError);
    });
  }
});
