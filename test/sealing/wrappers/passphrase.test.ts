import {expect} from 'chai';
import {RootOfTrustError} from '../../../lib/sealing/root-of-trust-error.ts';
import {assertLongEnough, parsePassphrase} from '../../../lib/sealing/wrappers/passphrase.ts';

const parse = (line: string | Uint8Array): string =>
  Buffer.from(parsePassphrase(Buffer.from(line), 'The file')).toString();

describe('parsePassphrase', () => {
  it('takes one line, with or without its end', () => {
    for (const end of ['', '\n', '\r\n']) expect(parse(`correct horse${end}`)).to.equal('correct horse');
    expect(parse(' spaces count ')).to.equal(' spaces count ');
    expect(parse('x'.repeat(1024))).to.have.length(1024);
  });

  it('normalises to NFC', () => {
    expect(parse('cafe\u0301 \u212b')).to.equal('caf\u00e9 \u00c5');
    expect(parse('caf\u00e9 \u00c5')).to.equal('caf\u00e9 \u00c5');
    // Not NFKC: what only looks alike stays different.
    expect(parse('\ufb01')).to.equal('\ufb01');
  });

  it('refuses everything else, without repeating it', () => {
    const bad: [string | Uint8Array, string][] = [
      ['', 'gives no passphrase'],
      ['\n', 'gives no passphrase'],
      ['two\nlines', 'gives control characters or several lines'],
      ['line\n\n', 'gives control characters or several lines'],
      ['line\r', 'gives control characters or several lines'],
      ['nul\0nul', 'gives control characters or several lines'],
      ['x'.repeat(1025), 'gives more than 1024 bytes'],
      [Uint8Array.of(0x61, 0xff), 'is not UTF-8'],
      [Uint8Array.of(0xed, 0xa0, 0x80), 'is not UTF-8'],
    ];
    for (const [line, problem] of bad) {
      expect(() => parse(line))
        .to.throw(RootOfTrustError, `The file ${problem}. A passphrase is one line of UTF-8.`)
        .with.property('reason', 'malformed');
    }
  });

  it('gives bytes of its own', () => {
    const line = Buffer.from('correct horse');
    const passphrase = parsePassphrase(line, 'The file');
    line.fill(0);
    expect(Buffer.from(passphrase).toString()).to.equal('correct horse');
  });
});

describe('assertLongEnough', () => {
  it('counts characters, not bytes', () => {
    for (const short of ['elevenchars', '\u00e9'.repeat(11), '\u{1f40e}'.repeat(11)]) {
      expect(() => assertLongEnough(Buffer.from(short)))
        .to.throw(RootOfTrustError, 'is too short: at least 12 characters')
        .with.property('reason', 'malformed');
      expect(() => assertLongEnough(Buffer.from(`${short}x`))).to.not.throw();
    }
  });
});
