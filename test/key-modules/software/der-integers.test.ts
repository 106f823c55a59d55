import {expect} from 'chai';
import fc from 'fast-check';
import {readDerIntegers} from '../../../lib/key-modules/software/algorithms/der-integers.ts';
import {derElement, derIntegers} from './der-writer.ts';
import {hex} from './known-key.ts';

const integer = fc.bigInt({min: 0n, max: (1n << 2100n) - 1n});
const toBigInts = (bytes: readonly Uint8Array[] | undefined) =>
  bytes?.map((value) => BigInt(`0x0${Buffer.from(value).toString('hex')}`));

describe('DER of integers', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(integer, {minLength: 1, maxLength: 9}), (values) => {
        expect(toBigInts(readDerIntegers(derIntegers(...values), values.length))).to.deep.equal(values);
      }),
    );
  });

  it('is nothing else: no byte of it can be changed into another spelling of the same', () => {
    fc.assert(
      fc.property(fc.tuple(integer, integer), fc.nat(), fc.nat({max: 255}), (values, place, byte) => {
        const der = derIntegers(...values);
        der.writeUInt8(byte, place % der.length);
        const read = toBigInts(readDerIntegers(der, 2));
        if (read) expect(derIntegers(...read).equals(der)).to.equal(true);
      }),
    );
  });

  const refused: Readonly<Record<string, string>> = {
    nothing: '',
    'a tag alone': '30',
    'a length alone': '3006',
    'a set': '3106020101020102',
    'fewer integers': '3003020101',
    'more integers': '3009020101020102020103',
    'what follows': '300602010102010200',
    'what follows inside': '300802010102010205 00',
    'an octet string': '3006020101040102',
    'an empty integer': '30050201010200',
    'a negative integer': '3006020101020180',
    'a zero in front of what is positive anyway': '300702010102020001',
    'two zeros in front': '3008020101020300 0080',
    'a long length of a short value': '308106020101020102',
    'two bytes of length for one': '30820006020101020102',
    'a length of three bytes': '3083000006020101020102',
    'the indefinite length': '30800201010201020000',
    'a sequence that is cut': '3007020101020102',
    'an integer that is cut': '3006020101020202',
  };
  for (const [name, text] of Object.entries(refused)) {
    it(`is not ${name}`, () => {
      expect(readDerIntegers(hex(text), 2)).to.equal(undefined);
      expect(toBigInts(readDerIntegers(hex('3006020101020102'), 2))).to.deep.equal([1n, 2n]);
    });
  }

  it('has lengths of one byte from 128 on, and of two from 256', () => {
    for (const bytes of [127, 128, 129, 252, 253, 254, 255, 256, 257, 1000]) {
      const value = (1n << BigInt(bytes * 8 - 1)) - 1n;
      expect(toBigInts(readDerIntegers(derIntegers(value), 1))).to.deep.equal([value]);
    }
    const long = Buffer.alloc(200, 1);
    const good = derElement(0x30, derElement(0x02, long));
    expect(good.toString('hex', 0, 6)).to.equal('3081cb0281c8');
    expect(readDerIntegers(good, 1)).to.have.length(1);
    const padded = Buffer.concat([hex('3081cc028200c8'), long]);
    expect(readDerIntegers(padded, 1)).to.equal(undefined);
  });
});
