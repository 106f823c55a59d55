import {expect} from 'chai';
import fc from 'fast-check';
import {base64urlBytes} from '../../lib/encoding/base64url-bytes.ts';

describe('base64url without strings', () => {
  it('is what node:buffer writes, of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 100}), (bytes) => {
        expect(base64urlBytes(bytes).toString('latin1')).to.equal(Buffer.from(bytes).toString('base64url'));
      }),
    );
    expect(base64urlBytes(Uint8Array.from({length: 256}, (_, i) => i)).toString('latin1')).to.equal(
      Buffer.from(Array.from({length: 256}, (_, i) => i)).toString('base64url'),
    );
  });

  it('is in memory of its own', () => {
    const text = base64urlBytes(Buffer.from('a key'));
    expect(text.buffer.byteLength).to.equal(text.length);
  });
});
