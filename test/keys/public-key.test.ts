import {expect} from 'chai';
import fc from 'fast-check';
import {encodeBase58} from '../../lib/encoding/base58.ts';
import {MalformedRequestError} from '../../lib/errors.ts';
import {KEY_TYPES} from '../../lib/keys/key-types.ts';
import {formatPublicKey, parsePublicKey} from '../../lib/keys/public-key.ts';

const multibase = (prefix: number[], raw: Uint8Array) =>
  `z${encodeBase58(Buffer.concat([Buffer.from(prefix), raw]))}`;

describe('public key of a peer', () => {
  for (const keyType of Object.values(KEY_TYPES)) {
    const {publicKey: format} = keyType;
    if (!format) continue;
    // Base58 takes time that is quadratic in the length.
    const numRuns = format.length > 200 ? 3 : 100;
    it(`of ${keyType.name}: parse ∘ format = id`, () => {
      fc.assert(
        fc.property(fc.uint8Array({minLength: format.length, maxLength: format.length}), (raw) => {
          const value = {type: keyType.descriptionType, [format.member]: formatPublicKey(format, raw)};
          expect(Buffer.from(parsePublicKey(value, keyType))).to.deep.equal(Buffer.from(raw));
        }),
        {numRuns},
      );
    });
  }

  const type = KEY_TYPES.X25519KeyAgreementKey2020;
  const raw = Buffer.alloc(32, 9);
  const good = {type: 'X25519KeyAgreementKey2020', publicKeyMultibase: multibase([0xec, 0x01], raw)};

  it('may be a whole key description', () => {
    const description = {
      ...good,
      id: 'did:example:2#k',
      controller: 'did:example:2',
      '@context': type.context,
    };
    expect(Buffer.from(parsePublicKey(description, type))).to.deep.equal(raw);
  });

  const refused: Record<string, readonly [value: unknown, message: string]> = {
    undefined: [undefined, '"publicKey" must be an object.'],
    null: [null, '"publicKey" must be an object.'],
    'a string': [good.publicKeyMultibase, '"publicKey" must be an object.'],
    'an array': [[good], '"publicKey" must be an object.'],
    'without type': [
      {publicKeyMultibase: good.publicKeyMultibase},
      '"publicKey.type" must be "X25519KeyAgreementKey2020"',
    ],
    'of an inherited type': [Object.create(good), '"publicKey.type" must be'],
    'of another type': [{...good, type: 'Multikey'}, '"publicKey.type" must be'],
    'of the type on the wire': [{...good, type: 'urn:webkms:multikey:X25519'}, '"publicKey.type" must be'],
    'without key': [{type: good.type}, '"publicKey.publicKeyMultibase" must be a string.'],
    'with a key of another member': [
      {type: good.type, publicKeyBase58: encodeBase58(raw)},
      '"publicKey.publicKeyMultibase" must be a string.',
    ],
    'with a key that is no string': [
      {...good, publicKeyMultibase: [good.publicKeyMultibase]},
      'must be a string.',
    ],
  };
  const badKeys: Record<string, string> = {
    'an empty key': '',
    'a prefix alone': 'z',
    'another multibase': `u${Buffer.concat([Buffer.of(0xec, 1), raw]).toString('base64url')}`,
    'no multibase': encodeBase58(Buffer.concat([Buffer.of(0xec, 1), raw])),
    'characters that base58 lacks': good.publicKeyMultibase.replace(/.$/, '0'),
    'white space': multibase([0xec, 0x01], Buffer.alloc(32)).replace('z', 'z '),
    'the key of another curve': multibase([0xed, 0x01], raw),
    'no multicodec': multibase([], Buffer.concat([Buffer.of(1, 2), raw])),
    'a short key': multibase([0xec, 0x01], raw.subarray(1)),
    'a long key': multibase([0xec, 0x01], Buffer.concat([raw, Buffer.of(0)])),
    'a leading zero': multibase([0x00, 0xec, 0x01], raw),
    'a very long key': `z${'2'.repeat(90_000)}`,
  };
  for (const [name, publicKeyMultibase] of Object.entries(badKeys)) {
    refused[`with ${name}`] = [{...good, publicKeyMultibase}, 'must be a key of the same type as this one.'];
  }
  for (const [name, [value, message]] of Object.entries(refused)) {
    it(`may not be ${name}`, () => {
      expect(() => parsePublicKey(value, type)).to.throw(MalformedRequestError, message);
      expect(Buffer.from(parsePublicKey(good, type))).to.deep.equal(raw);
    });
  }

  it('is told apart by multicodec where the types of descriptions are the same', () => {
    const x25519 = {type: 'Multikey', publicKeyMultibase: good.publicKeyMultibase};
    expect(Buffer.from(parsePublicKey(x25519, KEY_TYPES['urn:webkms:multikey:X25519']))).to.deep.equal(raw);
    for (const other of ['urn:webkms:multikey:ECDH-P-256', 'urn:webkms:multikey:Ed25519'] as const) {
      expect(() => parsePublicKey(x25519, KEY_TYPES[other])).to.throw(
        MalformedRequestError,
        /of the same type/,
      );
    }
  });

  it('is nothing to a symmetric key', () => {
    expect(() => parsePublicKey(good, KEY_TYPES.Sha256HmacKey2019)).to.throw(
      MalformedRequestError,
      /no public key/,
    );
  });
});
