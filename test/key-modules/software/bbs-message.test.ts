import {decode, encode} from 'cborg';
import {expect} from 'chai';
import fc from 'fast-check';
import {MAX_BBS_MESSAGES, parseBbsMessage} from '../../../lib/key-modules/software/algorithms/bbs-message.ts';
import {hex} from './known-key.ts';

function readByLibrary(data: Uint8Array): unknown {
  try {
    const value: unknown = decode(data, {strict: true, allowIndefinite: false});
    if (!Array.isArray(value) || value.length !== 2 || !Buffer.from(encode(value)).equals(data))
      return undefined;
    const [header, messages] = value as unknown[];
    const isMessage =
      header instanceof Uint8Array &&
      Array.isArray(messages) &&
      messages.every((message) => message instanceof Uint8Array);
    return isMessage ? {header, messages} : undefined;
  } catch {
    return undefined;
  }
}

describe('BBS message encoding', () => {
  it('reads every header and list of messages that CBOR can write', () => {
    const bytes = fc.uint8Array({maxLength: 300});
    fc.assert(
      fc.property(bytes, fc.array(bytes, {maxLength: 30}), (header, messages) => {
        expect(parseBbsMessage(encode([header, messages]))).to.deep.equal({header, messages});
      }),
    );
  });

  it('reads nothing that CBOR would write otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 40}), (data) => {
        const message = parseBbsMessage(data);
        if (message) expect(encode(decode(data))).to.deep.equal(data);
      }),
    );
  });

  it('reads what was changed by a byte where a library for CBOR reads it as such a message, and only there', () => {
    const bytes = fc.uint8Array({maxLength: 30});
    const edit = fc.record({at: fc.nat(), by: fc.nat(255), how: fc.constantFrom('put', 'insert', 'remove')});
    const lengths = fc.constantFrom(0, 1, 23, 24, 25, 255, 256, 257, 65_535, 65_536, 65_537);
    const long = lengths.map((length) => new Uint8Array(length));
    fc.assert(
      fc.property(
        fc.oneof(bytes, long),
        fc.array(bytes, {maxLength: 30}),
        edit,
        (header, messages, change) => {
          const data = [...encode([header, messages])];
          const at = change.at % Math.min(data.length, 64);
          data.splice(at, change.how === 'insert' ? 0 : 1, ...(change.how === 'remove' ? [] : [change.by]));
          const edited = Uint8Array.from(data);
          expect(parseBbsMessage(edited)).to.deep.equal(readByLibrary(edited));
        },
      ),
      {numRuns: 1000},
    );
  });

  const header = '43010203';
  const twin = `82 ${header} 81 4104`;
  for (const [name, data] of [
    ['nothing', ''],
    ['one element', `81 ${header}`],
    ['three elements', `83 ${header} 81 4104 80`],
    ['a text header', '82 63616263 81 4104'],
    ['a text message', `82 ${header} 81 6161`],
    ['a number', `82 ${header} 81 04`],
    ['messages that are no array', `82 ${header} 4104`],
    ['a nested array', `82 ${header} 81 81 4104`],
    ['a map', `82 ${header} a1 4104 4105`],
    ['a tag', `82 ${header} 81 c2 4104`],
    ['null', `82 ${header} f6`],
    ['an indefinite array', `9f ${header} 81 4104 ff`],
    ['an indefinite list of messages', `82 ${header} 9f 4104 ff`],
    ['an indefinite byte string', `82 ${header} 81 5f 4104 ff`],
    ['a break', `82 ${header} 81 ff`],
    ['a length that could be shorter', `82 ${header} 81 580104`],
    ['a count that could be shorter', `82 ${header} 9801 4104`],
    ['too few messages', `82 ${header} 82 4104`],
    ['a byte string longer than the data', `82 ${header} 81 4204`],
    ['more bytes after it', `82 ${header} 81 4104 00`],
    ['a count of 2^64 − 1', `82 ${header} 9bffffffffffffffff`],
    ['a byte string of 2^64 − 1', '82 5bffffffffffffffff'],
    ['a count of 2^32 − 1', `82 ${header} 9affffffff`],
    ['deep nesting', '81'.repeat(100_000)],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(parseBbsMessage(hex(data))).to.equal(undefined);
      expect(parseBbsMessage(hex(twin))).to.deep.equal({header: hex('010203'), messages: [hex('04')]});
    });
  }

  it(`refuses more than ${MAX_BBS_MESSAGES} messages`, () => {
    const of = (count: number) =>
      parseBbsMessage(encode([Buffer.of(1), Array.from({length: count}, () => Buffer.of(2))]));
    expect(of(MAX_BBS_MESSAGES)?.messages).to.have.length(MAX_BBS_MESSAGES);
    expect(of(MAX_BBS_MESSAGES + 1)).to.equal(undefined);
  });
});
