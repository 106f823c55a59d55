import {constants, deflateRawSync, gzipSync, zstdCompressSync} from 'node:zlib';
import {expect} from 'chai';
import fc from 'fast-check';
import {gunzipBounded} from '../../lib/encoding/gunzip-bounded.ts';

const LIMIT = {maxOutputBytes: 65_536};
const contents = Buffer.from(JSON.stringify({id: 'urn:uuid:1', filler: 'x'.repeat(200)}));
const member = gzipSync(contents);

function withFlag(flag: number, field: Buffer): Buffer {
  const header = Buffer.from(member.subarray(0, 10));
  header[3] = flag;
  return Buffer.concat([header, field, member.subarray(10)]);
}

function withByte(offset: number, change: (byte: number) => number): Buffer {
  const bytes = Buffer.from(member);
  const at = offset < 0 ? bytes.length + offset : offset;
  bytes[at] = change(bytes[at]!);
  return bytes;
}

const REFUSALS: readonly [what: string, bytes: Uint8Array][] = [
  ['nothing', Buffer.alloc(0)],
  ['less than a header and a trailer', Buffer.alloc(17)],
  ['a header and a trailer without a body', Buffer.concat([member.subarray(0, 10), member.subarray(-8)])],
  ['something cut short in its header', member.subarray(0, 9)],
  ['something cut short in its body', member.subarray(0, member.length >> 1)],
  ['something without its trailer', member.subarray(0, -8)],
  ['something cut short by a byte', member.subarray(0, -1)],
  ['trailing garbage', Buffer.concat([member, Buffer.from('garbage')])],
  ['a trailing zero', Buffer.concat([member, Buffer.alloc(1)])],
  ['a trailing copy of the trailer', Buffer.concat([member, member.subarray(-8)])],
  ['two members', Buffer.concat([member, member])],
  ['an empty member before', Buffer.concat([gzipSync(Buffer.alloc(0)), member])],
  ['an empty member after', Buffer.concat([member, gzipSync(Buffer.alloc(0))])],
  ['a wrong checksum', withByte(-8, (byte) => byte ^ 1)],
  ['a wrong length', withByte(-4, (byte) => byte ^ 1)],
  ['wrong magic', withByte(0, () => 0x1e)],
  ['another method than deflate', withByte(2, () => 7)],
  ['a file name', withFlag(0x08, Buffer.from('name\0'))],
  ['a comment', withFlag(0x10, Buffer.from('comment\0'))],
  ['an extra field', withFlag(0x04, Buffer.from([2, 0, 1, 1]))],
  ['a reserved flag', withFlag(0x80, Buffer.alloc(0))],
  ['bare deflate', deflateRawSync(contents)],
  ['zstd', zstdCompressSync(contents)],
  ['plain text', contents],
];

describe('gunzipBounded', () => {
  it('R15 inflates one member', () => {
    expect(gunzipBounded(member, LIMIT)).to.deep.equal(contents);
    expect(gunzipBounded(gzipSync(Buffer.alloc(0)), LIMIT)).to.deep.equal(Buffer.alloc(0));
  });

  for (const [what, bytes] of REFUSALS) {
    it(`R15 refuses ${what}`, () => expect(gunzipBounded(bytes, LIMIT)).to.equal(undefined));
  }

  it('R15 inflates up to the bound and not a byte more', () => {
    expect(gunzipBounded(gzipSync(Buffer.alloc(65_536)), LIMIT)).to.have.length(65_536);
    expect(gunzipBounded(gzipSync(Buffer.alloc(65_537)), LIMIT)).to.equal(undefined);
  });

  it('R15 stops a bomb at the bound', () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    // What zlib hands out is external memory; a bomb that went off would show as 64 MB of it.
    const before = process.memoryUsage().external;
    expect(gunzipBounded(bomb, LIMIT)).to.equal(undefined);
    expect(process.memoryUsage().external - before).to.be.below(4 * 1024 * 1024);
  });

  it('does not mind the time stamp, extra flags and operating system of the header', () => {
    for (const offset of [4, 5, 6, 7, 8, 9]) {
      expect(
        gunzipBounded(
          withByte(offset, (byte) => byte ^ 0xff),
          LIMIT,
        ),
      ).to.deep.equal(contents);
    }
  });

  it('inverts gzip at every level, in a view of a larger buffer too', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({maxLength: 2000}),
        fc.integer({min: 0, max: 9}),
        fc.nat(5),
        (bytes, level, offset) => {
          const zipped = gzipSync(bytes, {level, strategy: constants.Z_DEFAULT_STRATEGY});
          const framed = new Uint8Array(zipped.length + offset + 3);
          framed.set(zipped, offset);
          expect(gunzipBounded(framed.subarray(offset, offset + zipped.length), LIMIT)).to.deep.equal(
            Buffer.from(bytes),
          );
          expect(gunzipBounded(framed.subarray(offset), LIMIT)).to.equal(undefined);
        },
      ),
    );
  });
});
