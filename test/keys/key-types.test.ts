import {expect} from 'chai';
import {KEY_ALGORITHMS, SIGNATURE_ALGORITHMS} from '../../lib/keys/key-algorithms.ts';
import {findKeyType, findNamedKeyType, KEY_TYPES} from '../../lib/keys/key-types.ts';

const MULTIKEY = 'https://w3id.org/security/multikey/v1';
const SUITES = 'https://w3id.org/security/suites';
const WEBKMS = 'https://w3id.org/webkms/v1';

/** AUTHORIZATION §8, docs/keys.md, and the multicodec table: the code's varint in hex. */
const FACTS: Readonly<
  Record<string, readonly [context: string, descriptionType: string, prefix?: string, length?: number]>
> = {
  Ed25519VerificationKey2020: [`${SUITES}/ed25519-2020/v1`, 'Ed25519VerificationKey2020', 'ed01', 32],
  Ed25519VerificationKey2018: [`${SUITES}/ed25519-2018/v1`, 'Ed25519VerificationKey2018', '', 32],
  X25519KeyAgreementKey2020: [`${SUITES}/x25519-2020/v1`, 'X25519KeyAgreementKey2020', 'ec01', 32],
  Sha256HmacKey2019: [`${SUITES}/hmac-2019/v1`, 'Sha256HmacKey2019'],
  AesKeyWrappingKey2019: [`${SUITES}/aes-2019/v1`, 'AesKeyWrappingKey2019'],
  'urn:webkms:symmetric:AES-256-GCM': [WEBKMS, 'urn:webkms:symmetric:AES-256-GCM'],
  'urn:webkms:multikey:Ed25519': [MULTIKEY, 'Multikey', 'ed01', 32],
  'urn:webkms:multikey:P-256': [MULTIKEY, 'Multikey', '8024', 33],
  'urn:webkms:multikey:P-384': [MULTIKEY, 'Multikey', '8124', 49],
  'urn:webkms:multikey:P-521': [MULTIKEY, 'Multikey', '8224', 67],
  'urn:webkms:multikey:secp256k1': [MULTIKEY, 'Multikey', 'e701', 33],
  'urn:webkms:multikey:X25519': [MULTIKEY, 'Multikey', 'ec01', 32],
  'urn:webkms:multikey:ECDH-P-256': [MULTIKEY, 'Multikey', '8024', 33],
  'urn:webkms:multikey:ECDH-P-384': [MULTIKEY, 'Multikey', '8124', 49],
  'urn:webkms:multikey:ECDH-P-521': [MULTIKEY, 'Multikey', '8224', 67],
  'urn:webkms:multikey:RSA-2048': [MULTIKEY, 'Multikey', '8524', 270],
  'urn:webkms:multikey:RSA-3072': [MULTIKEY, 'Multikey', '8524', 398],
  'urn:webkms:multikey:RSA-4096': [MULTIKEY, 'Multikey', '8524', 526],
  'urn:webkms:multikey:BBS-BLS12-381-SHA-256': [MULTIKEY, 'Multikey', 'eb01', 96],
  'urn:webkms:multikey:Bls12381G2': [MULTIKEY, 'Multikey', 'eb01', 96],
  'urn:webkms:multikey:BBS-BLS12-381-SHAKE-256': [MULTIKEY, 'Multikey', 'eb01', 96],
  'urn:webkms:multikey:ML-DSA-44': [MULTIKEY, 'Multikey', '9024', 1312],
  'urn:webkms:multikey:ML-DSA-65': [MULTIKEY, 'Multikey', '9124', 1952],
  'urn:webkms:multikey:ML-DSA-87': [MULTIKEY, 'Multikey', '9224', 2592],
  'urn:webkms:multikey:ML-KEM-768': [MULTIKEY, 'Multikey', '8c24', 1184],
};

/** The operations matrix, written out: what stands here and nothing else. */
const OPERATIONS: Readonly<Record<string, readonly [operations: string, algorithms: string]>> = {
  Ed25519VerificationKey2020: ['sign verify', 'EdDSA'],
  Ed25519VerificationKey2018: ['sign verify', 'EdDSA'],
  X25519KeyAgreementKey2020: ['deriveSecret', ''],
  Sha256HmacKey2019: ['sign verify', 'HS256'],
  AesKeyWrappingKey2019: ['wrapKey unwrapKey', ''],
  'urn:webkms:symmetric:AES-256-GCM': ['encrypt decrypt', 'A256GCM'],
  'urn:webkms:multikey:Ed25519': ['sign verify', 'EdDSA'],
  'urn:webkms:multikey:P-256': ['sign verify', 'ES256'],
  'urn:webkms:multikey:P-384': ['sign verify', 'ES384'],
  'urn:webkms:multikey:P-521': ['sign verify', 'ES512'],
  'urn:webkms:multikey:secp256k1': ['sign verify', 'ES256K'],
  'urn:webkms:multikey:X25519': ['deriveSecret', ''],
  'urn:webkms:multikey:ECDH-P-256': ['deriveSecret', ''],
  'urn:webkms:multikey:ECDH-P-384': ['deriveSecret', ''],
  'urn:webkms:multikey:ECDH-P-521': ['deriveSecret', ''],
  'urn:webkms:multikey:RSA-2048': [
    'encrypt decrypt sign verify',
    'PS256 PS384 PS512 RS256 RS384 RS512 RSA-OAEP-256',
  ],
  'urn:webkms:multikey:RSA-3072': [
    'encrypt decrypt sign verify',
    'PS256 PS384 PS512 RS256 RS384 RS512 RSA-OAEP-256',
  ],
  'urn:webkms:multikey:RSA-4096': [
    'encrypt decrypt sign verify',
    'PS256 PS384 PS512 RS256 RS384 RS512 RSA-OAEP-256',
  ],
  'urn:webkms:multikey:BBS-BLS12-381-SHA-256': ['sign verify', 'BBS'],
  'urn:webkms:multikey:Bls12381G2': ['sign verify', 'BBS'],
  'urn:webkms:multikey:BBS-BLS12-381-SHAKE-256': ['sign verify', 'BBS'],
  'urn:webkms:multikey:ML-DSA-44': ['sign verify', 'ML-DSA-44'],
  'urn:webkms:multikey:ML-DSA-65': ['sign verify', 'ML-DSA-65'],
  'urn:webkms:multikey:ML-DSA-87': ['sign verify', 'ML-DSA-87'],
  'urn:webkms:multikey:ML-KEM-768': ['encapsulate decapsulate', ''],
};

/** Short names, and what they stand for. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  ed25519: 'Ed25519VerificationKey2020',
  x25519: 'X25519KeyAgreementKey2020',
  'hmac-sha256': 'Sha256HmacKey2019',
  'aes-kw-256': 'AesKeyWrappingKey2019',
  aes256: 'urn:webkms:symmetric:AES-256-GCM',
  'ecdsa-p256': 'urn:webkms:multikey:P-256',
  'ecdsa-p384': 'urn:webkms:multikey:P-384',
  'ecdsa-p521': 'urn:webkms:multikey:P-521',
  'ecdsa-secp256k1': 'urn:webkms:multikey:secp256k1',
  'ecdh-p256': 'urn:webkms:multikey:ECDH-P-256',
  'ecdh-p384': 'urn:webkms:multikey:ECDH-P-384',
  'ecdh-p521': 'urn:webkms:multikey:ECDH-P-521',
  rsa2048: 'urn:webkms:multikey:RSA-2048',
  rsa3072: 'urn:webkms:multikey:RSA-3072',
  rsa4096: 'urn:webkms:multikey:RSA-4096',
  'bbs-sha256': 'urn:webkms:multikey:BBS-BLS12-381-SHA-256',
  'bbs-shake256': 'urn:webkms:multikey:BBS-BLS12-381-SHAKE-256',
  'ml-dsa-44': 'urn:webkms:multikey:ML-DSA-44',
  'ml-dsa-65': 'urn:webkms:multikey:ML-DSA-65',
  'ml-dsa-87': 'urn:webkms:multikey:ML-DSA-87',
  'ml-kem-768': 'urn:webkms:multikey:ML-KEM-768',
};

const STRANGE = ['constructor', '__proto__', 'toString', 'Multikey', 'Ed25519', 'bls12381g2', 'RSA2048', ''];

describe('key types', () => {
  it('are those of AUTHORIZATION §8 and docs/keys.md, as the multicodec table has their keys', () => {
    const actual = Object.values(KEY_TYPES).map(({name, context, descriptionType, publicKey}) => [
      name,
      publicKey
        ? [context, descriptionType, Buffer.from(publicKey.prefix).toString('hex'), publicKey.length]
        : [context, descriptionType],
    ]);
    expect(Object.fromEntries(actual)).to.deep.equal(FACTS);
  });

  it('can do what the operations matrix says', () => {
    const actual = Object.values(KEY_TYPES).map((type) => [
      type.name,
      [
        type.operations.join(' '),
        [...(type.signatureAlgorithms ?? []), ...(type.encryptionAlgorithms ?? [])].join(' '),
      ],
    ]);
    expect(Object.fromEntries(actual)).to.deep.equal(OPERATIONS);
  });

  it('have algorithms where they sign or encrypt, and there only', () => {
    for (const {name, operations, signatureAlgorithms, encryptionAlgorithms} of Object.values(KEY_TYPES)) {
      expect(signatureAlgorithms !== undefined, name).to.equal(operations.includes('sign'));
      expect(encryptionAlgorithms !== undefined, name).to.equal(operations.includes('encrypt'));
    }
  });

  it('use every algorithm there is', () => {
    const types = Object.values(KEY_TYPES);
    expect(new Set(types.map(({algorithm}) => algorithm))).to.deep.equal(
      new Set(Object.keys(KEY_ALGORITHMS)),
    );
    expect(new Set(types.flatMap(({signatureAlgorithms = []}) => signatureAlgorithms))).to.deep.equal(
      new Set(Object.keys(SIGNATURE_ALGORITHMS)),
    );
  });

  it('are found by their own names only', () => {
    for (const name of Object.keys(FACTS)) expect(findKeyType(name)?.name).to.equal(name);
    for (const name of [...STRANGE, ...Object.keys(SHORT_NAMES)]) {
      expect(findKeyType(name), name).to.equal(undefined);
    }
  });

  it('are found by people by short names, too', () => {
    const actual = Object.values(KEY_TYPES).flatMap(({name, shortName}) =>
      shortName === undefined ? [] : [[shortName, name]],
    );
    expect(Object.fromEntries(actual)).to.deep.equal(SHORT_NAMES);
    for (const [shortName, name] of Object.entries(SHORT_NAMES)) {
      expect(findNamedKeyType(shortName)?.name).to.equal(name);
    }
    for (const name of Object.keys(FACTS)) expect(findNamedKeyType(name)?.name).to.equal(name);
    for (const name of STRANGE) expect(findNamedKeyType(name), name).to.equal(undefined);
  });

  it('cannot be changed', () => {
    const ed25519 = findKeyType('urn:webkms:multikey:Ed25519') as {algorithm: string};
    expect(() => (ed25519.algorithm = 'none')).to.throw(TypeError);
    expect(() => ((KEY_TYPES as Record<string, unknown>)['none'] = ed25519)).to.throw(TypeError);
    const {operations} = KEY_TYPES['urn:webkms:multikey:RSA-2048'];
    expect(() => (operations as string[]).push('deriveSecret')).to.throw(TypeError);
    expect(() => ((SIGNATURE_ALGORITHMS as Record<string, unknown>)['none'] = {})).to.throw(TypeError);
  });
});
