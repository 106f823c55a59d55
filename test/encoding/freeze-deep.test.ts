import {expect} from 'chai';
import {freezeDeep} from '../../lib/encoding/freeze-deep.ts';

describe('freezeDeep', () => {
  it('freezes all plain data in a value, gives it back, and leaves bytes as they are', () => {
    const value = {list: [{a: {b: 'text'}}], bytes: Buffer.from([1]), nothing: null, absent: undefined};
    expect(freezeDeep(value)).to.equal(value);
    for (const part of [value, value.list, value.list[0], value.list[0]?.a])
      expect(Object.isFrozen(part)).to.equal(true);
    expect(() => (value.list as unknown[]).push(1)).to.throw(TypeError);
    expect(value.bytes.fill(2)).to.deep.equal(Buffer.from([2]));
    for (const plain of ['text', 1, null, undefined]) expect(freezeDeep(plain)).to.equal(plain);
  });
});
