import {expect} from 'chai';
import fc from 'fast-check';
import {unwrapPadded, wrapPadded} from '../../lib/keys/aes-kwp.ts';
import {flipBit} from '../key-modules/fixtures.ts';
import {hex} from '../key-modules/software/known-key.ts';
import {itPassesVectors, type Outcome} from '../key-modules/software/wycheproof.ts';

interface KwpVector {
  readonly key: string;
  readonly msg: string;
  readonly ct: string;
}

const key256 = fc.uint8Array({minLength: 32, maxLength: 32});
const data = fc.uint8Array({minLength: 1, maxLength: 300});

describe('AES-KWP (RFC 5649)', () => {
  itPassesVectors<object, KwpVector>('aes_kwp_test.json', {
    run: async ({key, msg, ct, result}): Promise<Outcome> => {
      // Wrapping keys of 128 and 192 bits are not used here.
      if (hex(key).length !== 32) return 'inapplicable';
      if (result === 'valid') expect(wrapPadded(hex(key), hex(msg))).to.deep.equal(hex(ct));
      const unwrapped = unwrapPadded(hex(key), hex(ct));
      return unwrapped?.equals(hex(msg)) ? 'accepted' : 'refused';
    },
    counts: {accepted: 25, refused: 69, inapplicable: 160},
  });

  it('unwrap ∘ wrap = id; what is wrapped is the next multiple of 8, and 8 more', () => {
    fc.assert(
      fc.property(key256, data, (key, secret) => {
        const wrapped = wrapPadded(key, secret);
        expect(wrapped.length).to.equal(Math.ceil(secret.length / 8) * 8 + 8);
        expect(unwrapPadded(key, wrapped)).to.deep.equal(Buffer.from(secret));
      }),
    );
  });

  it('does not open with a flipped bit, another length, or another key', () => {
    fc.assert(
      fc.property(key256, data, fc.nat(), (key, secret, n) => {
        const wrapped = wrapPadded(key, secret);
        expect(unwrapPadded(key, flipBit(wrapped, n % (wrapped.length * 8)))).to.equal(undefined);
        expect(unwrapPadded(flipBit(key, n % 256), wrapped)).to.equal(undefined);
        expect(unwrapPadded(key, wrapped.subarray(0, n % wrapped.length))).to.equal(undefined);
        expect(unwrapPadded(key, Buffer.concat([wrapped, Buffer.alloc((n % 24) + 1)]))).to.equal(undefined);
      }),
    );
  });

  it('opens nothing with a key that is shorter, and wraps nothing that is empty', () => {
    const wrapped = wrapPadded(Buffer.alloc(32, 1), Buffer.from('secret'));
    expect(unwrapPadded(Buffer.alloc(32, 1), wrapped)).to.deep.equal(Buffer.from('secret'));
    expect(unwrapPadded(Buffer.alloc(16, 1), wrapped)).to.equal(undefined);
    expect(() => wrapPadded(Buffer.alloc(32, 1), Buffer.alloc(0))).to.throw(RangeError);
    expect(() => wrapPadded(Buffer.alloc(16, 1), Buffer.alloc(8))).to.throw(RangeError);
  });
});
