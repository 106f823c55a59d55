import {expect} from 'chai';
import {MalformedRequestError} from '../../../lib/errors.ts';
import {findNamedKeyType, type KeyTypeDescriptor} from '../../../lib/keys/key-types.ts';
import {assertJwkPurpose} from '../../../lib/keys/private-key-codec/jwk-purpose.ts';
import type {KeyOperation} from '../../../lib/storage/key-record.ts';

/** @returns the refusal's message, or `accepted`. */
function judge(name: string, jwk: unknown, operations?: readonly KeyOperation[]): string {
  const type: KeyTypeDescriptor = findNamedKeyType(name)!;
  try {
    assertJwkPurpose(type, jwk, operations ?? type.operations);
    return 'accepted';
  } catch (error) {
    expect(error).to.be.instanceOf(MalformedRequestError);
    return (error as Error).message;
  }
}

describe('purpose of a JWK', () => {
  it('may be left open', () => {
    for (const name of ['ed25519', 'rsa2048', 'aes256', 'x25519', 'ml-kem-768'])
      expect(judge(name, {}), name).to.equal('accepted');
  });

  const algorithms: Readonly<Record<string, readonly [good: readonly unknown[], bad: readonly unknown[]]>> = {
    ed25519: [
      ['EdDSA', 'Ed25519'],
      ['ES256', 'Ed448', '', null, 5, ['EdDSA'], {}, 'toString'],
    ],
    'ecdsa-p256': [['ES256'], ['ES384', 'ES256K', 'ECDH-ES']],
    'ecdsa-secp256k1': [['ES256K'], ['ES256']],
    'ecdh-p256': [['ECDH-ES', 'ECDH-ES+A256KW'], ['ES256']],
    x25519: [
      ['ECDH-ES', 'ECDH-ES+A128KW'],
      ['X25519', 'EdDSA'],
    ],
    rsa2048: [
      ['PS256', 'RS512', 'RSA-OAEP-256'],
      ['RSA-OAEP', 'RSA1_5', 'PS1', 'HS256'],
    ],
    'hmac-sha256': [['HS256'], ['HS384', 'A256GCM']],
    aes256: [['A256GCM'], ['A128GCM', 'A256KW', 'dir']],
    'aes-kw-256': [['A256KW'], ['A256GCM', 'A128KW']],
    'ml-dsa-44': [['ML-DSA-44'], ['ML-DSA-65']],
    'ml-kem-768': [['ML-KEM-768'], ['ML-DSA-44']],
  };
  for (const [name, [good, bad]] of Object.entries(algorithms)) {
    it(`of ${name}: \`alg\` is one that it has`, () => {
      for (const alg of good) expect(judge(name, {alg}), String(alg)).to.equal('accepted');
      for (const alg of bad)
        expect(judge(name, {alg})).to.match(/^The JWK's "alg" is not one of a key of type /);
    });
  }

  const KEY_OPS =
    /^The JWK's "key_ops" is not for (\w+): narrow the new key with "keyOps", or leave it out\.$/;

  it('has in `key_ops` all that the new key does with its private part', () => {
    expect(judge('ed25519', {key_ops: ['sign']})).to.equal('accepted');
    expect(judge('ed25519', {key_ops: ['verify']})).to.match(KEY_OPS);
    expect(judge('ed25519', {key_ops: []})).to.match(KEY_OPS);
    expect(judge('ed25519', {key_ops: ['verify']}, ['verify'])).to.equal('accepted');
    expect(judge('rsa2048', {key_ops: ['sign', 'decrypt']})).to.equal('accepted');
    expect(judge('rsa2048', {key_ops: ['sign', 'unwrapKey']})).to.equal('accepted');
    expect(judge('rsa2048', {key_ops: ['sign']}))
      .to.match(KEY_OPS)
      .and.include('decrypt');
    expect(judge('rsa2048', {key_ops: ['sign']}, ['sign', 'verify'])).to.equal('accepted');
    expect(judge('rsa2048', {key_ops: ['decrypt']}, ['sign', 'verify'])).to.match(KEY_OPS);
    expect(judge('x25519', {key_ops: ['deriveBits']})).to.equal('accepted');
    expect(judge('x25519', {key_ops: ['deriveKey']})).to.equal('accepted');
    expect(judge('x25519', {key_ops: ['sign']})).to.match(KEY_OPS);
    expect(judge('ml-kem-768', {key_ops: ['decapsulateBits']})).to.equal('accepted');
    expect(judge('ml-kem-768', {key_ops: ['encapsulateBits']})).to.match(KEY_OPS);
  });

  it('of a symmetric key is both sides of what it does', () => {
    expect(judge('hmac-sha256', {key_ops: ['sign', 'verify']})).to.equal('accepted');
    expect(judge('hmac-sha256', {key_ops: ['verify']}))
      .to.match(KEY_OPS)
      .and.include('sign');
    expect(judge('hmac-sha256', {key_ops: ['verify']}, ['verify'])).to.equal('accepted');
    expect(judge('aes256', {key_ops: ['encrypt']}))
      .to.match(KEY_OPS)
      .and.include('decrypt');
    expect(judge('aes256', {key_ops: ['encrypt', 'decrypt', 'somethingElse']})).to.equal('accepted');
    expect(judge('aes-kw-256', {key_ops: ['wrapKey', 'unwrapKey']})).to.equal('accepted');
    expect(judge('aes-kw-256', {key_ops: ['encrypt', 'decrypt']})).to.match(KEY_OPS);
  });

  it('has a `use` that is for all of it', () => {
    expect(judge('ecdsa-p256', {use: 'sig'})).to.equal('accepted');
    expect(judge('ecdsa-p256', {use: 'enc'})).to.match(/^The JWK's "use" is not for sign/);
    expect(judge('rsa2048', {use: 'sig'})).to.match(/"use" is not for decrypt/);
    expect(judge('rsa2048', {use: 'sig'}, ['sign'])).to.equal('accepted');
    expect(judge('x25519', {use: 'enc'})).to.equal('accepted');
    expect(judge('ecdsa-p256', {use: null})).to.match(/"use"/);
  });

  it('is written in arrays, and is the JWK’s own', () => {
    for (const key_ops of [null, 'sign', {0: 'sign'}, 7])
      expect(judge('ed25519', {key_ops})).to.equal('The JWK\'s "key_ops" must be an array.');
    expect(judge('ed25519', {key_ops: [['sign']]})).to.match(KEY_OPS);
    expect(judge('ed25519', Object.create({alg: 'ES256', use: 'enc', key_ops: 1}))).to.equal('accepted');
    expect(judge('ed25519', 'jwk')).to.equal('The JWK must be an object.');
  });
});
