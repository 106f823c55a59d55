import {expect} from 'chai';
import {findKeyType, KEY_TYPES} from '../../lib/keys/key-types.ts';

const MULTIKEY = 'https://w3id.org/security/multikey/v1';
const SUITES = 'https://w3id.org/security/suites';

/** AUTHORIZATION §8, and the multicodec table: the code's varint in hex. */
const FACTS: Readonly<
  Record<string, readonly [context: string, descriptionType: string, prefix?: string, length?: number]>
> = {
  Ed25519VerificationKey2020: [`${SUITES}/ed25519-2020/v1`, 'Ed25519VerificationKey2020', 'ed01', 32],
  Ed25519VerificationKey2018: [`${SUITES}/ed25519-2018/v1`, 'Ed25519VerificationKey2018', '', 32],
  X25519KeyAgreementKey2020: [`${SUITES}/x25519-2020/v1`, 'X25519KeyAgreementKey2020', 'ec01', 32],
  Sha256HmacKey2019: [`${SUITES}/hmac-2019/v1`, 'Sha256HmacKey2019'],
  AesKeyWrappingKey2019: [`${SUITES}/aes-2019/v1`, 'AesKeyWrappingKey2019'],
  'urn:webkms:multikey:Ed25519': [MULTIKEY, 'Multikey', 'ed01', 32],
  'urn:webkms:multikey:P-256': [MULTIKEY, 'Multikey', '8024', 33],
  'urn:webkms:multikey:P-384': [MULTIKEY, 'Multikey', '8124', 49],
  'urn:webkms:multikey:P-521': [MULTIKEY, 'Multikey', '8224', 67],
  'urn:webkms:multikey:X25519': [MULTIKEY, 'Multikey', 'ec01', 32],
  'urn:webkms:multikey:ECDH-P-256': [MULTIKEY, 'Multikey', '8024', 33],
  'urn:webkms:multikey:ECDH-P-384': [MULTIKEY, 'Multikey', '8124', 49],
  'urn:webkms:multikey:ECDH-P-521': [MULTIKEY, 'Multikey', '8224', 67],
  'urn:webkms:multikey:BBS-BLS12-381-SHA-256': [MULTIKEY, 'Multikey', 'eb01', 96],
  'urn:webkms:multikey:Bls12381G2': [MULTIKEY, 'Multikey', 'eb01', 96],
  'urn:webkms:multikey:BBS-BLS12-381-SHAKE-256': [MULTIKEY, 'Multikey', 'eb01', 96],
  'urn:webkms:multikey:ML-DSA-44': [MULTIKEY, 'Multikey', '9024', 1312],
  'urn:webkms:multikey:ML-DSA-65': [MULTIKEY, 'Multikey', '9124', 1952],
  'urn:webkms:multikey:ML-DSA-87': [MULTIKEY, 'Multikey', '9224', 2592],
};

describe('key types', () => {
  it('are those of AUTHORIZATION §8, as the multicodec table has their keys', () => {
    const actual = Object.values(KEY_TYPES).map(({name, context, descriptionType, publicKey}) => [
      name,
      publicKey
        ? [context, descriptionType, Buffer.from(publicKey.prefix).toString('hex'), publicKey.length]
        : [context, descriptionType],
    ]);
    expect(Object.fromEntries(actual)).to.deep.equal(FACTS);
  });

  it('are found by their own names only', () => {
    for (const name of Object.keys(FACTS)) expect(findKeyType(name)?.name).to.equal(name);
    for (const name of ['constructor', '__proto__', 'toString', 'Multikey', 'Ed25519', 'bls12381g2', '']) {
      expect(findKeyType(name), name).to.equal(undefined);
    }
  });

  it('cannot be changed', () => {
    const ed25519 = findKeyType('urn:webkms:multikey:Ed25519') as {algorithm: string};
    expect(() => (ed25519.algorithm = 'none')).to.throw(TypeError);
    expect(() => ((KEY_TYPES as Record<string, unknown>)['none'] = ed25519)).to.throw(TypeError);
  });
});
