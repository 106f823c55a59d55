import {decode, encode} from 'base58-universal';
import {expect} from 'chai';
import fc from 'fast-check';
import {decodeBase58, encodeBase58} from '../../lib/encoding/base58.ts';

/** Bytes with zeros in front as often as not. */
const bytes = (maxLength: number) =>
  fc
    .tuple(fc.nat(4), fc.uint8Array({maxLength}))
    .map(([zeros, rest]) => Uint8Array.from([...Array<number>(zeros).fill(0), ...rest]));

describe('base58', () => {
  it('is written as the reference library writes it', () => {
    fc.assert(
      fc.property(bytes(400), (data) => {
        expect(encodeBase58(data)).to.equal(encode(data));
      }),
      {numRuns: 500},
    );
    for (const length of [0, 1, 63, 64, 65, 98, 1314, 1954, 2594, 3300, 3301]) {
      for (const byte of [0, 1, 0xff]) {
        const data = new Uint8Array(length).fill(byte);
        expect(encodeBase58(data), `${length} bytes of ${byte}`).to.equal(encode(data));
      }
    }
  });

  it('decode ∘ encode = id', () => {
    fc.assert(
      fc.property(bytes(300), (data) => {
        fc.pre(data.length > 0);
        expect(Uint8Array.from(decodeBase58(encodeBase58(data)) ?? [])).to.deep.equal(data);
      }),
    );
  });

  it('is read as the reference library reads it', () => {
    const digit = fc.constantFrom(...'123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'.split(''));
    const text = fc
      .tuple(fc.nat(4), fc.string({unit: digit, maxLength: 200}))
      .map(([zeros, rest]) => '1'.repeat(zeros) + rest);
    fc.assert(
      fc.property(text, (written) => {
        fc.pre(written !== '');
        expect(Array.from(decodeBase58(written) ?? [])).to.deep.equal(Array.from(decode(written)));
      }),
      {numRuns: 2000},
    );
    for (const length of [1, 2, 3, 4, 5, 8, 9, 64, 87, 88, 4096]) {
      for (const all of ['1', '2', 'z']) {
        const written = all.repeat(length);
        expect(Array.from(decodeBase58(written) ?? []), written).to.deep.equal(Array.from(decode(written)));
      }
    }
  });

  it('is not read from what is empty, too long or has other characters', () => {
    for (const text of ['', '0', 'O', 'I', 'l', 'a b', 'é', '11\n'])
      expect(decodeBase58(text), text).to.equal(undefined);
    expect(decodeBase58('2'.repeat(10), 10)).to.have.length(7);
    expect(decodeBase58('2'.repeat(11), 10)).to.equal(undefined);
  });
});
