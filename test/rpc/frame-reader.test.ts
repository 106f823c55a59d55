import {expect} from 'chai';
import fc from 'fast-check';
import {FrameReader, frameOf} from '../../lib/rpc/frame-reader.ts';
import {ProtocolError} from '../../lib/rpc/protocol-error.ts';

describe('FrameReader', () => {
  it('gives the payloads that were framed, in whatever pieces they come', () => {
    const payloads = fc.array(fc.uint8Array({minLength: 1, maxLength: 40}), {maxLength: 8});
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({min: 1, max: 9}), {minLength: 1}), (sent, sizes) => {
        const stream = Buffer.concat(sent.map((payload) => frameOf(payload)));
        const reader = new FrameReader();
        const got: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          got.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(got.map((payload) => [...payload])).to.deep.equal(sent.map((payload) => [...payload]));
      }),
    );
  });

  it('takes a frame of the greatest length, and refuses one that is longer or empty before its payload comes', () => {
    expect(new FrameReader(8).push(frameOf(new Uint8Array(8)))).to.have.length(1);
    for (const head of [
      [0, 0, 0, 9],
      [255, 255, 255, 255],
      [0, 0, 0, 0],
    ]) {
      expect(() => new FrameReader(8).push(Uint8Array.from(head))).to.throw(ProtocolError);
    }
  });

  it('refuses a bad length behind a good frame', () => {
    const stream = Buffer.concat([frameOf(new Uint8Array(2)), Buffer.from([0, 0, 0, 0])]);
    expect(() => new FrameReader().push(stream)).to.throw(ProtocolError);
  });

  it('does not frame what no reader takes', () => {
    expect(() => frameOf(new Uint8Array(9), 8)).to.throw(RangeError);
    expect(() => frameOf(new Uint8Array(0), 8)).to.throw(RangeError);
  });
});
