import {expect} from 'chai';
import {MalformedRequestError, NotSupportedError} from '../../../lib/errors.ts';
import {KEY_TYPES} from '../../../lib/keys/key-types.ts';
import {
  formatKey,
  type KeyFormat,
  keyFormats,
  parseKey,
} from '../../../lib/keys/private-key-codec/key-format.ts';
import {parsePrivateJwk} from '../../../lib/keys/private-key-codec/private-jwk.ts';
import {BBS_TYPES, outsideKey, PAIR_TYPES, SYMMETRIC_TYPES} from '../outside-keys.ts';

const FORMATS: readonly KeyFormat[] = ['jwk', 'pkcs8', 'raw'];

const secretOf = (type: (typeof PAIR_TYPES)[number]): Buffer =>
  type.publicKey
    ? parsePrivateJwk(type, outsideKey(type).privateKey.export({format: 'jwk'}))
    : Buffer.alloc(32, 7);

describe('formats of keys', () => {
  it('are JWK and PKCS#8 of pairs, JWK and raw of symmetric keys, none of BBS', () => {
    for (const type of PAIR_TYPES) expect(keyFormats(type)).to.deep.equal(['jwk', 'pkcs8']);
    for (const type of SYMMETRIC_TYPES) expect(keyFormats(type)).to.deep.equal(['jwk', 'raw']);
    for (const type of BBS_TYPES) expect(keyFormats(type)).to.deep.equal([]);
  });

  for (const type of Object.values(KEY_TYPES)) {
    for (const format of FORMATS) {
      if (keyFormats(type).includes(format)) {
        it(`${type.name} as ${format}: parse ∘ format = id`, () => {
          const secret = secretOf(type);
          const bytes = formatKey(type, format, secret);
          expect(parseKey(type, {format, bytes})).to.deep.equal(secret);
          bytes.fill(0);
          expect(secret, 'a copy').to.deep.equal(secretOf(type));
        });
      } else {
        it(`${type.name} as ${format}: refused, and said what there is`, () => {
          for (const run of [
            () => formatKey(type, format, Buffer.alloc(32)),
            () => parseKey(type, {format, bytes: Buffer.alloc(32)}),
          ]) {
            expect(run)
              .to.throw(NotSupportedError)
              .with.deep.property('details', {supported: keyFormats(type)});
          }
        });
      }
    }
  }

  it('raw: 32 bytes', () => {
    for (const length of [0, 16, 31, 33])
      expect(() =>
        parseKey(KEY_TYPES.Sha256HmacKey2019, {format: 'raw', bytes: Buffer.alloc(length)}),
      ).to.throw(MalformedRequestError, 'The key must have 32 bytes.');
  });

  it('JWK: strict JSON, of which nothing comes back in the refusal', () => {
    const type = KEY_TYPES.Sha256HmacKey2019;
    const k = Buffer.alloc(32, 0x5a).toString('base64url');
    const texts = [
      `{"kty":"oct","k":"${k}"`,
      `{"kty":"oct","k":"${k}","k":"${k}"}`,
      `{"kty":"oct","k":"${k}","__proto__":{}}`,
      `{"kty":"oct","k":"${k}","constructor":1}`,
      `{"kty":"oct","k":"${k}","a":${'['.repeat(20)}${']'.repeat(20)}}`,
      `\ufeff{"kty":"oct","k":"${k}"}`,
      `"${k}"`,
      '',
    ];
    for (const text of texts) {
      expect(() => parseKey(type, {format: 'jwk', bytes: Buffer.from(text)}), text)
        .to.throw(MalformedRequestError)
        .with.property('message')
        .that.does.not.include(k.slice(0, 4));
    }
    const told: unknown[] = [];
    const bytes = Buffer.from(` {"k":"${k}", "kty":"oct", "n":1e308} `);
    expect(parseKey(type, {format: 'jwk', bytes, onJwk: (jwk) => told.push(jwk)})).to.deep.equal(
      Buffer.alloc(32, 0x5a),
    );
    expect(told).to.deep.equal([{kty: 'oct', k, n: 1e308}]);
  });
});
