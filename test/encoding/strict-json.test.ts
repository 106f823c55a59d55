import {expect} from 'chai';
import fc from 'fast-check';
import {parseStrictJson} from '../../lib/encoding/strict-json.ts';
import {MalformedRequestError} from '../../lib/errors.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const parse = (text: string, maxDepth = 32) => parseStrictJson(bytesOf(text), {maxDepth});

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(MalformedRequestError);
    return (error as MalformedRequestError).message;
  }
  return expect.fail('nothing was refused');
}

const DUPLICATE = 'The JSON has a duplicate key.';
const FORBIDDEN = 'The JSON has a forbidden key.';
const DEEP = 'The JSON is nested too deep.';
const SURROGATE = 'The JSON has a lone surrogate.';
const LARGE = 'The JSON has a number that is too large.';
const SYNTAX = 'The JSON cannot be parsed.';
const UTF8 = 'The JSON is not valid UTF-8.';

/** [what, the flawed text, the twin without the flaw] */
const REFUSALS: readonly [message: string, what: string, flawed: string, twin: string][] = [
  [DUPLICATE, 'a key twice', '{"a":1,"a":1}', '{"a":1,"b":1}'],
  [DUPLICATE, 'a key and its escaped spelling', '{"a":1,"\\u0061":2}', '{"a":1,"\\u0062":2}'],
  [DUPLICATE, 'two spellings of one escape', '{"/":1,"\\/":2}', '{"/":1,"\\\\":2}'],
  [
    DUPLICATE,
    'an escaped pair and its raw character',
    '{"😀":1,"\\ud83d\\ude00":2}',
    '{"😀":1,"\\ud83d\\ude01":2}',
  ],
  [DUPLICATE, 'a key twice in a nested object', '[{"x":{"a":1,"b":2,"a":3}}]', '[{"x":{"a":1,"b":2,"c":3}}]'],
  [DUPLICATE, 'the empty key twice', '{"":1,"":2}', '{"":1," ":2}'],
  [DUPLICATE, 'an index twice', '{"1":1,"1":2}', '{"1":1,"01":2}'],
  [
    DUPLICATE,
    'a first value with members of its own',
    '{"a":{"b":{"c":1}},"a":0}',
    '{"a":{"b":{"c":1}},"b":0}',
  ],
  [DUPLICATE, 'white space before the colon', '{"a" :1,"a"\n:2}', '{"a" :1,"b"\n:2}'],
  [DUPLICATE, 'keys that hold colons and quotes', '{"\\":":1,"\\":":2}', '{"\\":":1,"\\"::":2}'],
  [DUPLICATE, 'a doubled __proto__', '{"__proto":1,"__proto":2}', '{"__proto":1,"proto__":2}'],
  [FORBIDDEN, '__proto__', '{"__proto__":1}', '{"__proto":1}'],
  [FORBIDDEN, '__proto__ that holds an object', '{"__proto__":{"admin":true}}', '{"proto":{"admin":true}}'],
  [FORBIDDEN, 'an escaped __proto__', '{"\\u005f_proto__":1}', '{"\\u005f_proto":1}'],
  [FORBIDDEN, 'constructor', '[{"constructor":1}]', '[{"construct":1}]'],
  [FORBIDDEN, 'prototype', '{"a":{"prototype":1}}', '{"a":{"prototypes":1}}'],
  [SURROGATE, 'a high one in a string', '["\\ud83d"]', '["\\ud83d\\ude00"]'],
  [SURROGATE, 'a low one in a string', '["\\ude00"]', '["\\u0e00"]'],
  [SURROGATE, 'a pair the wrong way round', '["\\ude00\\ud83d"]', '["\\ud83d\\ude00"]'],
  [SURROGATE, 'one in a key', '{"\\uD83D":1}', '{"\\uD73D":1}'],
  [SURROGATE, 'one before a raw pair', '["\\ud83d😀"]', '["\\u0064😀"]'],
  [SURROGATE, 'one as the whole document', '"\\udfff"', '"\\ue000"'],
  [LARGE, 'a number beyond doubles', '{"a":[1e400]}', '{"a":[1e308]}'],
  [LARGE, 'a negative one', '-1e309', '-1e308'],
  [SYNTAX, 'trailing garbage', '{} x', '{} '],
  [SYNTAX, 'a second document', '{}{}', '{}'],
  [SYNTAX, 'a trailing NUL', '{}\u0000', '{}\n'],
  [SYNTAX, 'nothing', '', '0'],
  [SYNTAX, 'a byte order mark', '\ufeff{}', '{}'],
  [SYNTAX, 'a comment', '{}//', '{}'],
  [SYNTAX, 'a trailing comma', '[1,]', '[1]'],
  [SYNTAX, 'single quotes', "['a']", '["a"]'],
  [SYNTAX, 'a raw control character', '["\u0001"]', '["\\u0001"]'],
  [SYNTAX, 'a leading zero', '[01]', '[1]'],
  [SYNTAX, 'NaN', '[NaN]', '[null]'],
];

describe('parseStrictJson', () => {
  for (const [message, what, flawed, twin] of REFUSALS) {
    it(`R1 refuses ${what}: ${message}`, () => {
      expect(refusal(() => parse(flawed))).to.equal(message);
      expect(parse(twin)).to.deep.equal(JSON.parse(twin));
    });
  }

  it('R1 refuses bytes that are not UTF-8', () => {
    const flaws = [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0xaf, 0x22], // overlong
      [0x22, 0xed, 0xa0, 0x80, 0x22], // a raw surrogate
      [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], // beyond U+10FFFF
      [0x22, 0xc3], // cut short
      [0x22, 0x00, 0x61, 0x00, 0x22, 0xd8], // UTF-16
    ];
    for (const flaw of flaws) {
      expect(refusal(() => parseStrictJson(Uint8Array.from(flaw), {maxDepth: 1}))).to.equal(UTF8);
    }
    expect(parseStrictJson(Uint8Array.of(0x22, 0xc3, 0xa4, 0x22), {maxDepth: 1})).to.equal('ä');
  });

  it('R1 refuses what is deeper than the bound, and nothing else', () => {
    const nested = (depth: number) => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);
    expect(parse(nested(32), 32)).to.deep.equal(JSON.parse(nested(32)));
    expect(refusal(() => parse(nested(34), 32))).to.equal(DEEP);
    expect(refusal(() => parse('[]', 0))).to.equal(DEEP);
    expect(parse('1', 0)).to.equal(1);
    expect(parse('[]', 1)).to.deep.equal([]);
  });

  it('R1 survives 100 KB of brackets and of backslashes', () => {
    expect(refusal(() => parse('['.repeat(100_000)))).to.equal(SYNTAX);
    expect(refusal(() => parse('['.repeat(50_000) + ']'.repeat(50_000)))).to.equal(DEEP);
    expect(refusal(() => parse('{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)))).to.equal(DEEP);
    expect(parse(JSON.stringify('\\"'.repeat(25_000)))).to.equal('\\"'.repeat(25_000));
  });

  it('reads a view of a larger buffer', () => {
    expect(parseStrictJson(bytesOf('xx{"a":1}xx').subarray(2, 9), {maxDepth: 1})).to.deep.equal({a: 1});
  });

  it('never quotes the input in an error', () => {
    try {
      parse('{"secret": hunter2}');
      expect.fail('nothing was refused');
    } catch (error) {
      expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.to.contain(
        'hunter2',
      );
    }
  });

  it('agrees with JSON.parse on every value, however it is spelled', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({maxDepth: 6, stringUnit: 'grapheme'}),
        fc.constantFrom(0, 1, '\t'),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          fc.pre(!/__proto__|constructor|prototype/.test(text));
          expect(parse(text)).to.deep.equal(JSON.parse(text));
        },
      ),
    );
  });

  it('accepts nothing that JSON.parse refuses, and gives what it gives', () => {
    const fragments = [
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '"a"',
      '"b"',
      '\\',
      '\\u0061',
      '\\ud83d',
      '\\ude00',
      '1',
      '-',
      'null',
      ' ',
      '😀',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...fragments), {maxLength: 14}), (parts) => {
        const text = parts.join('');
        let accepted: unknown;
        try {
          accepted = parse(text);
        } catch (error) {
          expect(error).to.be.instanceOf(MalformedRequestError);
          return;
        }
        expect(accepted).to.deep.equal(JSON.parse(text));
      }),
      {numRuns: 3000},
    );
  });

  it('R1 refuses a duplicate wherever it is written', () => {
    const members = fc.uniqueArray(fc.tuple(fc.string({unit: 'grapheme'}), fc.jsonValue({maxDepth: 2})), {
      selector: ([key]) => key,
      minLength: 1,
      maxLength: 6,
    });
    const escaped = (key: string) =>
      `"${Array.from({length: key.length}, (_, i) => `\\u${key.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
    fc.assert(
      fc.property(
        members,
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        fc.boolean(),
        (entries, which, where, escape, nest) => {
          const written = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
          fc.pre(!/__proto__|constructor|prototype/.test(written.join()));
          const wrap = (body: string) => (nest ? `[0,{"outer":{${body}}}]` : `{${body}}`);
          expect(parse(wrap(written.join()))).to.deep.equal(JSON.parse(wrap(written.join())));
          const key = entries[which % entries.length]![0];
          written.splice(
            where % (written.length + 1),
            0,
            `${escape ? escaped(key) : JSON.stringify(key)} : 0`,
          );
          expect(refusal(() => parse(wrap(written.join())))).to.equal(DUPLICATE);
        },
      ),
    );
  });
});
