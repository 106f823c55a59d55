import {expect} from 'chai';
import fc from 'fast-check';
import {decodeBase64url} from '../../../lib/encoding/base64url.ts';
import {decodeKeyLine, encodeKeyLine} from '../../../lib/sealing/wrappers/key-line.ts';

const line = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const KEY = Uint8Array.from({length: 32}, (_, i) => i);
const TEXT = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

describe('root key line', () => {
  it('is unpadded base64url and a newline, as node:crypto writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({minLength: 32, maxLength: 32}), (key) => {
        const encoded = Buffer.from(encodeKeyLine(key)).toString('latin1');
        expect(encoded).to.equal(`${Buffer.from(key).toString('base64url')}\n`);
        expect(decodeKeyLine(line(encoded))).to.deep.equal(key);
        expect(decodeKeyLine(line(encoded.trimEnd()))).to.deep.equal(key);
      }),
    );
  });

  it('decodes exactly what strict base64url decodes', () => {
    const character = fc.constantFrom(...'AQgwz019-_'.split(''));
    const text = fc.array(character, {minLength: 43, maxLength: 43}).map((characters) => characters.join(''));
    fc.assert(
      fc.property(text, (candidate) => {
        const expected = decodeBase64url(candidate);
        const decoded = decodeKeyLine(line(candidate));
        expect(decoded && Buffer.from(decoded).toString('hex')).to.equal(expected?.toString('hex'));
      }),
    );
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a newline', '\n'],
    ['31 bytes', TEXT.slice(0, 42)],
    ['33 bytes', TEXT.slice(0, 42) + 'AA'],
    ['padding', `${TEXT}=`],
    ['another alphabet', TEXT.slice(0, 42) + '+'],
    ['a space in it', ` ${TEXT.slice(1)}`],
    ['a space after it', `${TEXT} `],
    ['a carriage return', `${TEXT}\r\n`],
    ['two newlines', `${TEXT}\n\n`],
    ['a second line', `${TEXT}\n${TEXT}`],
    ['a byte order mark', `\u00ef\u00bb\u00bf${TEXT}`],
    ['a NUL', `${TEXT.slice(0, 42)}\0`],
    ['unused bits that are set', `${TEXT.slice(0, 42)}9`],
    ['hexadecimal', Buffer.from(KEY).toString('hex')],
  ];
  for (const [what, text] of malformed) {
    it(`refuses ${what}`, () => {
      expect(decodeKeyLine(line(text))).to.be.undefined;
      expect(decodeKeyLine(line(TEXT))).to.deep.equal(KEY);
    });
  }
});
