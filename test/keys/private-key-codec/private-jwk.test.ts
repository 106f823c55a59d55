import {randomBytes} from 'node:crypto';
import {inspect} from 'node:util';
import {expect} from 'chai';
import {exportJWK} from 'jose';
import {MalformedRequestError, NotSupportedError} from '../../../lib/errors.ts';
import {KEY_FORMS} from '../../../lib/keys/key-forms.ts';
import {findNamedKeyType, type KeyTypeDescriptor} from '../../../lib/keys/key-types.ts';
import {
  formatPrivateJwk,
  parsePrivateJwk,
  writePrivateJwk,
} from '../../../lib/keys/private-key-codec/private-jwk.ts';
import {anotherKey, BBS_TYPES, outsideKey, PAIR_TYPES, SYMMETRIC_TYPES} from '../outside-keys.ts';

type Members = Readonly<Record<string, string>>;

const named = (name: string): KeyTypeDescriptor => findNamedKeyType(name)!;
const jwkOf = (type: KeyTypeDescriptor): Members =>
  outsideKey(type).privateKey.export({format: 'jwk'}) as Members;

/** @returns the refusal's message, which has nothing of the key. */
function refusal(type: KeyTypeDescriptor, jwk: unknown): string {
  try {
    parsePrivateJwk(type, jwk);
  } catch (error) {
    expect(error).to.be.instanceOf(MalformedRequestError);
    const {message} = error as Error;
    expect(message).to.match(/^[\x20-\x7e]{10,150}$/);
    return message;
  }
  return 'accepted';
}

describe('private JWK', () => {
  for (const type of [...PAIR_TYPES, ...SYMMETRIC_TYPES]) {
    it(`of ${type.name}: written as bytes it is the same JSON`, () => {
      const form = KEY_FORMS[type.algorithm];
      const secret = form.kty === 'oct' ? randomBytes(form.keyBytes) : parsePrivateJwk(type, jwkOf(type));
      const before = Buffer.from(secret);
      const written = writePrivateJwk(type, secret);
      expect(written.toString()).to.equal(JSON.stringify(formatPrivateJwk(type, secret)));
      expect(secret).to.deep.equal(before);
    });
  }

  for (const type of PAIR_TYPES) {
    it(`of ${type.name}: as node:crypto writes it, and back`, async () => {
      const {privateKey} = outsideKey(type);
      const jwk = jwkOf(type);
      const secret = parsePrivateJwk(type, jwk);
      expect(formatPrivateJwk(type, secret)).to.deep.equal(jwk);
      const form = KEY_FORMS[type.algorithm];
      if (form.kty !== 'AKP')
        expect(formatPrivateJwk(type, secret)).to.deep.equal(await exportJWK(privateKey));
      const more = {
        ...jwk,
        kid: 'k',
        ext: true,
        x5c: ['AA=='],
        'x5t#S256': 1,
        nested: [{a: []}],
        toString: 1,
      };
      expect(parsePrivateJwk(type, more)).to.deep.equal(secret);
    });

    it(`of ${type.name}: every member is there, a string of the right length, canonical, its own`, () => {
      const jwk = jwkOf(type);
      for (const [name, value] of Object.entries(jwk)) {
        const others = [
          undefined,
          null,
          1,
          -1e308,
          true,
          [value],
          {value},
          '',
          ` ${value}`,
          `${value}=`,
          // Of an integer the length does not say more than that it is too long.
          ...('n' in jwk ? [] : [`${value}AAAA`]),
          '*'.repeat(value.length),
          'A'.repeat(100_000),
        ];
        for (const other of others)
          expect(refusal(type, {...jwk, [name]: other}), inspect(other).slice(0, 40)).to.include(`"${name}"`);
      }
      expect(refusal(type, Object.create(jwk))).to.include('"kty"');
      expect(refusal(type, JSON.parse(`{"__proto__": ${JSON.stringify(jwk)}}`))).to.include('"kty"');
    });

    it(`of ${type.name}: the private part of another key is refused`, () => {
      const other = anotherKey(KEY_FORMS[type.algorithm]).privateKey.export({format: 'jwk'}) as Members;
      const jwk = jwkOf(type);
      for (const name of ['d', 'priv', 'p', 'q'].filter((member) => member in jwk)) {
        // An RSA key's exponents are for the key module to check.
        if ('n' in jwk && name === 'd') continue;
        expect(refusal(type, {...jwk, [name]: other[name]}), name).to.match(
          /does not belong|is not the product/,
        );
      }
    });

    it(`of ${type.name}: keys of no other algorithm`, () => {
      for (const another of PAIR_TYPES) {
        const [form, theirs] = [KEY_FORMS[type.algorithm], KEY_FORMS[another.algorithm]];
        if (JSON.stringify(form) !== JSON.stringify(theirs))
          expect(refusal(type, jwkOf(another)), another.name).to.match(
            /^The JWK's "(kty|crv|alg|n)" must be /,
          );
      }
      expect(refusal(type, {kty: 'oct', k: 'A'.repeat(43)})).to.include('"kty"');
    });
  }

  for (const type of SYMMETRIC_TYPES) {
    const k = Buffer.alloc(32, 0x5a).toString('base64url');

    it(`of ${type.name}: 32 bytes`, () => {
      expect(parsePrivateJwk(type, {kty: 'oct', k})).to.deep.equal(Buffer.alloc(32, 0x5a));
      const jwk = formatPrivateJwk(type, Buffer.alloc(32, 0x5a));
      expect(jwk).to.include({kty: 'oct', k});
      expect(parsePrivateJwk(type, jwk)).to.deep.equal(Buffer.alloc(32, 0x5a));
      for (const length of [0, 16, 31, 33, 64])
        expect(refusal(type, {kty: 'oct', k: Buffer.alloc(length).toString('base64url')})).to.include('"k"');
      expect(refusal(type, {kty: 'oct'})).to.include('"k"');
      expect(refusal(type, {kty: 'OCT', k})).to.include('"kty"');
      // The last character has two bits that mean nothing.
      expect(refusal(type, {kty: 'oct', k: `${k.slice(0, -1)}p`})).to.include('"k"');
      expect(refusal(type, Object.create({kty: 'oct', k}))).to.include('"kty"');
    });
  }

  for (const type of BBS_TYPES) {
    it(`of ${type.name}: there is none`, () => {
      const jwk = {kty: 'OKP', crv: 'Bls12381G2', x: 'A', d: 'A'};
      expect(() => parsePrivateJwk(type, jwk)).to.throw(NotSupportedError);
      expect(() => formatPrivateJwk(type, Buffer.alloc(32, 1))).to.throw(NotSupportedError);
    });
  }

  it('is an object', () => {
    for (const value of [undefined, null, '{}', 7, [], [jwkOf(named('ed25519'))]])
      expect(refusal(named('ed25519'), value)).to.equal('The JWK must be an object.');
  });

  it('of EC: no scalar that is shorter or longer than its curve’s, no point that is another, or none', () => {
    const type = named('ecdsa-p521');
    const jwk = jwkOf(type);
    const d = Buffer.from(jwk['d']!, 'base64url');
    for (const other of [d.subarray(1), Buffer.concat([Buffer.of(0), d])])
      expect(refusal(type, {...jwk, d: other.toString('base64url')})).to.include('"d" must be 66 bytes');
    expect(refusal(type, {...jwk, x: jwk['y'], y: jwk['x']})).to.include('not a public key');
    const zero = Buffer.alloc(66).toString('base64url');
    expect(refusal(type, {...jwk, d: zero})).to.not.equal('accepted');
    const another = anotherKey(KEY_FORMS[type.algorithm]).publicKey.export({format: 'jwk'});
    expect(refusal(type, {...jwk, x: another.x, y: another.y})).to.include('does not belong');
  });

  it('of RSA: two primes, integers without leading zeros, 65,537, the modulus that the type says', () => {
    const type = named('rsa2048');
    const jwk = jwkOf(type);
    expect(refusal(type, {...jwk, oth: []})).to.include('more than two primes');
    expect(refusal(type, {...jwk, e: 'Aw'})).to.include('"e" must be "AQAB"');
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
      const padded = Buffer.concat([Buffer.of(0), Buffer.from(jwk[name]!, 'base64url')]);
      expect(refusal(type, {...jwk, [name]: padded.toString('base64url')}), name).to.include(`"${name}"`);
    }
    expect(refusal(type, {...jwk, p: jwk['q'], q: jwk['q']})).to.include('not the product');
    expect(refusal(type, {...jwk, p: jwk['n'], q: 'AQ'})).to.include('not the product');
    expect(refusal(named('rsa3072'), jwk)).to.include('"n"');
  });
});
