import {expect} from 'chai';
import fc from 'fast-check';
import {readFrame} from '../../bench/load/response-frame.ts';

describe('frames of answers', () => {
  const answer = (head: string, body = ''): Buffer => Buffer.from(`HTTP/1.1 ${head}\r\n\r\n${body}`);

  it('end where the content ends', () => {
    const bytes = answer('200 OK\r\nContent-Length: 3', 'abc');
    expect(readFrame(bytes)).to.deep.equal({status: 200, length: bytes.length, isLast: false});
    expect(readFrame(Buffer.concat([bytes, bytes]))).to.deep.equal({
      status: 200,
      length: bytes.length,
      isLast: false,
    });
  });

  it('have no content where the status says so', () => {
    expect(readFrame(answer('204 No Content'))).to.include({status: 204});
    expect(() => readFrame(answer('200 OK'))).to.throw(TypeError);
  });

  it('say whether the connection is closed afterwards', () => {
    expect(readFrame(answer('403 F\r\nconnection: close\r\ncontent-length: 0'))).to.include({isLast: true});
  });

  it('are not there until the last byte has come', () => {
    const bytes = answer('200 OK\r\ncontent-length: 10', '0123456789');
    fc.assert(
      fc.property(fc.integer({min: 0, max: bytes.length - 1}), (length) => {
        expect(readFrame(bytes.subarray(0, length))).to.equal(undefined);
      }),
    );
  });
});
