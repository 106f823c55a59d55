import {expect} from 'chai';
import fc from 'fast-check';
import {derFromRaw, rawFromDer} from '../../../lib/key-modules/software/algorithms/ecdsa-signature.ts';
import {flipBit} from '../fixtures.ts';
import {hex} from './known-key.ts';

const sizes = fc.constantFrom(32, 48, 66);
/** r‖s of a curve's size, with zeros in front as often as not. */
const signatures = sizes.chain((size) => {
  const half = fc
    .tuple(fc.uint8Array({minLength: size, maxLength: size}), fc.nat(size))
    .map(([bytes, zeros]) => bytes.fill(0, 0, zeros));
  return fc.tuple(half, half).map(([r, s]) => ({size, raw: Buffer.concat([r, s])}));
});

describe('ECDSA signature encodings', () => {
  it('rawFromDer ∘ derFromRaw = id', () => {
    fc.assert(
      fc.property(signatures, ({size, raw}) => {
        expect(rawFromDer(derFromRaw(raw), size)).to.deep.equal(raw);
      }),
    );
  });

  it('rawFromDer takes what derFromRaw gives and nothing else', () => {
    fc.assert(
      fc.property(signatures, fc.nat(), ({size, raw}, n) => {
        const der = derFromRaw(raw);
        const changed = flipBit(der, n % (der.length * 8));
        try {
          // Another number is another signature; whatever is read must be spelled in the one right way.
          expect(derFromRaw(rawFromDer(changed, size))).to.deep.equal(Buffer.from(changed));
        } catch (error) {
          expect((error as Error).message).to.equal('Not a DER signature.');
        }
      }),
      {numRuns: 2000},
    );
  });

  it('writes the smallest DER', () => {
    const raw = Buffer.concat([Buffer.alloc(31), Buffer.of(0x7f), Buffer.alloc(31), Buffer.of(0x80)]);
    expect(derFromRaw(raw)).to.deep.equal(hex('3007 02017f 02020080'));
    expect(derFromRaw(Buffer.alloc(64))).to.deep.equal(hex('3006 020100 020100'));
    expect(derFromRaw(Buffer.alloc(132, 0xff)).subarray(0, 6)).to.deep.equal(hex('30818a 0243 00'));
  });

  const twin = '3006 020101 020102';
  for (const [name, der] of [
    ['nothing', ''],
    ['no sequence', '3106 020101 020102'],
    ['a sequence that is too short', '3005 020101 020102'],
    ['a sequence that is too long', '3007 020101 020102'],
    ['bytes after it', '3006 020101 020102 00'],
    ['a long length that should be short', '308106 020101 020102'],
    ['an indefinite length', '3080 020101 020102 0000'],
    ['a negative number', '3006 020181 020102'],
    ['a zero in front', '3007 02020001 020102'],
    ['an empty number', '3005 0200 020102'],
    ['another type of number', '3006 0a0101 020102'],
    ['one number', '3003 020101'],
    ['three numbers', '3009 020101 020102 020103'],
    ['a number longer than the rest', '3006 027f01 020102'],
    ['a number longer than the curve', `3026 0221 01${'00'.repeat(32)} 020102`],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(() => rawFromDer(hex(der), 32)).to.throw('Not a DER signature.');
      expect(rawFromDer(hex(twin), 32).at(-1)).to.equal(2);
    });
  }
});
