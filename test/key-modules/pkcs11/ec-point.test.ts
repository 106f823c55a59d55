import {expect} from 'chai';
import {readPoint} from '../../../lib/key-modules/pkcs11/ec-keys.ts';

describe('the points that tokens of PKCS #11 give', () => {
  for (const length of [32, 65, 97, 133]) {
    it(`are read as tokens write them: ${length} bytes`, () => {
      const point = Buffer.alloc(length, 5);
      const der = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
        const value = Buffer.concat(content);
        return Buffer.concat([
          Buffer.of(tag),
          Buffer.from(value.length < 0x80 ? [value.length] : [0x81, value.length]),
          value,
        ]);
      };
      for (const form of [point, der(0x04, point), der(0x03, Buffer.of(0), point)]) {
        expect(readPoint(form, length)).to.deep.equal(point);
      }
      for (const form of [
        Buffer.of(),
        point.subarray(1),
        Buffer.concat([point, Buffer.of(0)]),
        der(0x05, point),
        der(0x04, point.subarray(1)),
        der(0x03, Buffer.of(1), point),
        der(0x04, der(0x04, point)),
      ]) {
        expect(() => readPoint(form, length), form.toString('hex')).to.throw(RangeError);
      }
    });
  }
});
