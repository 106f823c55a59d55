import {expect} from 'chai';
import fc from 'fast-check';
import {encodeFields} from '../../lib/sealing/encode-fields.ts';

const hex = (fields: readonly (string | number | Uint8Array)[]): string =>
  Buffer.from(encodeFields(fields)).toString('hex');

describe('encodeFields', () => {
  it('writes the number of fields, and each with its length', () => {
    expect(hex(['ab', 7, Uint8Array.of(0xff, 0), ''])).to.equal(
      '04' + '00000002' + '6162' + '00000001' + '37' + '00000002' + 'ff00' + '00000000',
    );
  });

  it('gives two lists of text the same bytes only where they are the same', () => {
    const field = fc.string({unit: 'grapheme', maxLength: 4});
    const fields = fc.array(field, {maxLength: 4});
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        expect(hex(a) === hex(b)).to.equal(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('tells apart what concatenation does not', () => {
    const lists = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc'], ['a', 'b', 'c'], []];
    expect(new Set(lists.map(hex)).size).to.equal(lists.length);
  });

  it('refuses text that has no UTF-8 of its own', () => {
    expect(() => encodeFields(['\ud800'])).to.throw(TypeError, 'not well-formed');
    expect(hex(['\ufffd'])).to.equal('0100000003efbfbd');
  });

  it('refuses more fields than its count can say', () => {
    expect(() => encodeFields(new Array<string>(256).fill(''))).to.throw(TypeError, 'too many fields');
    expect(encodeFields(new Array<string>(255).fill(''))).to.have.length(1 + 255 * 4);
  });
});
