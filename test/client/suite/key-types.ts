import {expect} from 'chai';
import {NotSupportedError} from '../../../lib/errors.ts';
import {KEY_TYPES} from '../../../lib/keys/key-types.ts';
import {refused} from '../refused.ts';
import type {GetKms} from '../kms.suite.ts';

/** What a JWK of each type says: `kty`, `crv`, `alg`, and `key_ops` of each half. */
const KEY_PAIRS: Readonly<
  Record<string, readonly [string, string | undefined, string | undefined, string[], string[]]>
> = {
  ed25519: ['OKP', 'Ed25519', 'EdDSA', ['verify'], ['sign']],
  x25519: ['OKP', 'X25519', undefined, [], ['deriveBits']],
  'ecdsa-p256': ['EC', 'P-256', 'ES256', ['verify'], ['sign']],
  'ecdsa-p384': ['EC', 'P-384', 'ES384', ['verify'], ['sign']],
  'ecdsa-p521': ['EC', 'P-521', 'ES512', ['verify'], ['sign']],
  'ecdsa-secp256k1': ['EC', 'secp256k1', 'ES256K', ['verify'], ['sign']],
  'ecdh-p256': ['EC', 'P-256', undefined, [], ['deriveBits']],
  'ecdh-p384': ['EC', 'P-384', undefined, [], ['deriveBits']],
  'ecdh-p521': ['EC', 'P-521', undefined, [], ['deriveBits']],
  rsa2048: ['RSA', undefined, 'PS256', ['encrypt', 'verify'], ['decrypt', 'sign']],
  rsa3072: ['RSA', undefined, 'PS256', ['encrypt', 'verify'], ['decrypt', 'sign']],
  rsa4096: ['RSA', undefined, 'PS256', ['encrypt', 'verify'], ['decrypt', 'sign']],
  'bbs-sha256': ['OKP', 'Bls12381G2', 'BBS', ['verify'], ['sign']],
  'bbs-shake256': ['OKP', 'Bls12381G2', 'BBS', ['verify'], ['sign']],
  'ml-dsa-44': ['AKP', undefined, 'ML-DSA-44', ['verify'], ['sign']],
  'ml-dsa-65': ['AKP', undefined, 'ML-DSA-65', ['verify'], ['sign']],
  'ml-dsa-87': ['AKP', undefined, 'ML-DSA-87', ['verify'], ['sign']],
  'ml-kem-768': ['AKP', undefined, 'ML-KEM-768', ['encapsulate'], ['decapsulate']],
};

const SECRET_KEYS: Readonly<Record<string, readonly [string, string[]]>> = {
  'hmac-sha256': ['HS256', ['sign', 'verify']],
  'aes-kw-256': ['A256KW', ['wrapKey', 'unwrapKey']],
  aes256: ['A256GCM', ['encrypt', 'decrypt']],
};

export function describeKeyTypes(kms: GetKms): void {
  describe('key types', () => {
    it('knows a JWK of every short name', () => {
      const shortNames = Object.values(KEY_TYPES).flatMap(({shortName}) => shortName ?? []);
      expect([...Object.keys(KEY_PAIRS), ...Object.keys(SECRET_KEYS)]).to.have.members(shortNames);
    });

    for (const [alg, [kty, crv, jwkAlg, publicOps, privateOps]] of Object.entries(KEY_PAIRS)) {
      it(`makes a key pair of type ${alg}, and no secret key`, async () => {
        const {publicKey, privateKey} = await kms().generateKeyPair(alg, {tags: {of: alg}});
        const {jwk} = publicKey;
        expect([jwk.kty, jwk.crv, jwk.alg]).to.deep.equal([kty, crv, jwkAlg]);
        expect([...jwk.key_ops].sort()).to.deep.equal(publicOps);
        expect([...privateKey.jwk.key_ops].sort()).to.deep.equal(privateOps);
        expect([publicKey.type, privateKey.type]).to.deep.equal(['public', 'private']);
        expect(publicKey.kid).to.equal(privateKey.kid).and.equal(jwk.kid);
        expect(publicKey.kid.startsWith(`${kms().serviceIdentifier}/keys/`)).to.equal(true);
        expect(jwk.tags).to.deep.equal({of: alg});
        expect((await kms().getPublicKey(publicKey.kid)).jwk).to.deep.equal(jwk);
        expect((await kms().getPrivateKey(publicKey.kid)).jwk).to.deep.equal(privateKey.jwk);
        expect((await kms().getKey(publicKey.kid)).shortName).to.equal(alg);
        expect(await refused(kms().getSecretKey(publicKey.kid))).to.be.instanceOf(NotSupportedError);
        expect(await refused(kms().generateKey(alg))).to.be.instanceOf(NotSupportedError);
      });
    }

    for (const [alg, [jwkAlg, ops]] of Object.entries(SECRET_KEYS)) {
      it(`makes a secret key of type ${alg}, and no key pair`, async () => {
        const key = await kms().generateKey(alg);
        expect(key.jwk).to.deep.equal({kid: key.kid, kty: 'oct', alg: jwkAlg, key_ops: ops});
        expect([key.type, key.version]).to.deep.equal(['secret', 1]);
        expect((await kms().getSecretKey(key.kid)).jwk).to.deep.equal(key.jwk);
        expect(await refused(kms().getPrivateKey(key.kid))).to.be.instanceOf(NotSupportedError);
        expect(await refused(kms().getPublicKey(key.kid))).to.be.instanceOf(NotSupportedError);
        expect(await refused(kms().generateKeyPair(alg))).to.be.instanceOf(NotSupportedError);
      });
    }

    it('takes the types of the wire, also those that have no short name', async () => {
      const {publicKey} = await kms().generateKeyPair('Ed25519VerificationKey2018');
      expect(publicKey.keyType).to.equal('Ed25519VerificationKey2018');
      expect(publicKey.jwk.crv).to.equal('Ed25519');
      expect(await refused(kms().generateKeyPair('constructor'))).to.be.instanceOf(NotSupportedError);
    });

    it('narrows a key to what it is for', async () => {
      const {publicKey, privateKey} = await kms().generateKeyPair('rsa2048', {
        keyOps: ['encrypt', 'decrypt'],
      });
      expect([publicKey.jwk.alg, publicKey.jwk.key_ops]).to.deep.equal(['RSA-OAEP-256', ['encrypt']]);
      expect(publicKey.signatureAlgorithms).to.deep.equal([]);
      const data = Buffer.from('data');
      expect(await refused(privateKey.sign(data))).to.be.instanceOf(NotSupportedError);
      expect(await refused(publicKey.verify(data, data))).to.be.instanceOf(NotSupportedError);
      expect(Buffer.from(await privateKey.decrypt(await publicKey.encrypt(data))).equals(data)).to.equal(
        true,
      );
    });
  });
}
