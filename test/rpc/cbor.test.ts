import {expect} from 'chai';
import fc from 'fast-check';
import {decodeCbor, encodeCbor} from '../../lib/rpc/cbor.ts';
import {ProtocolError} from '../../lib/rpc/protocol-error.ts';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('rpc: CBOR', () => {
  it('gives back what was encoded', () => {
    const scalars = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.double({noNaN: true, noDefaultInfinity: true}).filter((number) => !Object.is(number, -0)),
      fc.string({unit: 'grapheme'}),
      fc.string({unit: fc.constantFrom('\ufeff', '\ufffd', 'a', 'é')}),
      fc.uint8Array(),
    );
    const names = fc.oneof(
      fc.string(),
      fc.string({unit: fc.constantFrom('\ufeff', '\ufffd', 'a'), maxLength: 2}),
    );
    const data = fc.letrec<{value: unknown}>((tie) => ({
      value: fc.oneof(
        {depthSize: 'small'},
        scalars,
        fc.array(tie('value'), {maxLength: 4}),
        fc.dictionary(names, tie('value'), {maxKeys: 4, noNullPrototype: true}),
      ),
    })).value;
    fc.assert(
      fc.property(data, (value) => {
        expect(decodeCbor(encodeCbor(value))).to.deep.equal(value);
      }),
    );
  });

  it('reads whatever JSON can say as it was written: nothing that strangers send ends a connection', () => {
    fc.assert(
      fc.property(fc.json({depthSize: 'medium', stringUnit: 'binary'}), (text) => {
        // The sign of zero alone is lost.
        fc.pre(!text.includes('-0'));
        const value: unknown = JSON.parse(text);
        expect(decodeCbor(encodeCbor(value))).to.deep.equal(value);
      }),
      {numRuns: 1000},
    );
  });

  it('writes nothing that would be read as something else', () => {
    for (const value of [NaN, Infinity, -Infinity, '\ud800', '\udc00a'])
      for (const within of [value, [value], {a: value}]) expect(() => encodeCbor(within)).to.throw(TypeError);
    expect(() => encodeCbor({'\ud800': 1})).to.throw(TypeError);
    expect(decodeCbor(encodeCbor({'': 1, '\ufeff': 2}))).to.deep.equal({'': 1, '\ufeff': 2});
    for (const length of [0, 19, 20, 23, 30, 40, 300, 70_000]) {
      const text = `\ufeff\ufeff${'a'.repeat(length)}`;
      expect(decodeCbor(encodeCbor(text)) === text, String(length)).to.equal(true);
    }
  });

  it('gives bytes that share no memory with what was read', () => {
    const encoded = Uint8Array.from(encodeCbor(Uint8Array.of(1, 2, 3)));
    const decoded = decodeCbor(encoded) as Uint8Array;
    encoded.fill(0);
    expect([...decoded]).to.deep.equal([1, 2, 3]);
  });

  it('takes "__proto__" as a name like any other', () => {
    const decoded = decodeCbor(hex('a1 69 5f5f70726f746f5f5f a1 61 78 01')) as object;
    expect(Object.keys(decoded)).to.deep.equal(['__proto__']);
    expect(Object.getPrototypeOf(decoded)).to.equal(Object.prototype);
    expect('x' in decoded).to.equal(false);
  });

  for (const [what, encoded, twin] of [
    ['a number that is longer than it need be', '18 01', '01'],
    ['a text whose length is longer than it need be', '78 01 61', '61 61'],
    ['an array of indefinite length', '9f 01 ff', '81 01'],
    ['a text of indefinite length', '7f 61 61 ff', '61 61'],
    ['the same name twice', 'a2 61 61 01 61 61 02', 'a2 61 61 01 61 62 02'],
    ['a tag', 'c0 61 61', '61 61'],
    ['not a number', 'f9 7e00', 'f9 3c00'],
    ['infinity', 'f9 7c00', 'f9 3c00'],
    ['a number beyond what is exact', '1b 0020000000000000', '1b 001fffffffffffff'],
    ['an array that ends too soon', '82 01', '81 01'],
    ['something behind the end', '01 01', '01'],
    ['an array of a length that cannot be', '9b 0000000100000000 01', '81 01'],
    ['a name that is no text', 'a1 01 01', 'a1 61 61 01'],
    ['a text that is no UTF-8', '62 61 ff', '62 c3 a9'],
    ['a long text that is no UTF-8', `78 28 ${'61'.repeat(39)} ff`, `78 28 ${'61'.repeat(40)}`],
    ['a name that is no UTF-8', 'a1 61 ff 01', 'a1 61 61 01'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => decodeCbor(hex(encoded))).to.throw(ProtocolError);
      expect(() => decodeCbor(hex(twin))).not.to.throw();
    });
  }

  it('refuses what is nested without end, and says nothing of what it is', () => {
    expect(() => decodeCbor(new Uint8Array(200_000).fill(0x81))).to.throw(ProtocolError, 'nested');
  });

  it('never throws anything else, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 200}), (bytes) => {
        try {
          decodeCbor(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError);
        }
      }),
      {numRuns: 2000},
    );
  });
});
