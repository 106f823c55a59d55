import {expect} from 'chai';
import fc from 'fast-check';
import {formatCiphertext, parseCiphertext} from '../../lib/keys/ciphertext-text.ts';

describe('ciphertext as text', () => {
  it('names the version and the bytes', () => {
    expect(formatCiphertext(2, Buffer.of(0xfb, 0xff))).to.equal('webkms:v2:-_8');
    expect(parseCiphertext('webkms:v2:-_8')).to.deep.equal({version: 2, bytes: Buffer.of(0xfb, 0xff)});
  });

  it('is parsed to what was written, and every text that is parsed is written so', () => {
    const bytes = fc.uint8Array({minLength: 1});
    fc.assert(
      fc.property(fc.integer({min: 1, max: 999_999_999}), bytes, (version, given) => {
        const text = formatCiphertext(version, given);
        const parsed = parseCiphertext(text);
        expect(parsed).to.deep.equal({version, bytes: Buffer.from(given)});
      }),
    );
    const almost = fc.stringMatching(/^webkms:v[0-9]{1,3}:[A-Za-z0-9_-]{0,6}$/);
    fc.assert(
      fc.property(almost, (text) => {
        const parsed = parseCiphertext(text);
        if (parsed) expect(formatCiphertext(parsed.version, parsed.bytes)).to.equal(text);
      }),
    );
  });

  for (const text of [
    '',
    'webkms:v1:',
    'webkms:v0:AAAA',
    'webkms:v01:AAAA',
    'webkms:v1000000000:AAAA',
    'webkms:v-1:AAAA',
    'webkms:v1.0:AAAA',
    'webkms:1:AAAA',
    'WEBKMS:v1:AAAA',
    'webkms:v1:AAAA=',
    'webkms:v1:AA+/',
    'webkms:v1:AAAAA',
    'webkms:v1:AB',
    'webkms:v1:AAAA\n',
    ' webkms:v1:AAAA',
    'webkms:v1:AAAA:AAAA',
    'webkms:v١:AAAA',
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(parseCiphertext(text)).to.equal(undefined);
    });
  }
});
