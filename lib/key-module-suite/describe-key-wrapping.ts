import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {MalformedRequestError} from '../errors.ts';
import {flipBit, rejection} from './fixtures.ts';
import type {DescribeOperation} from './subject.ts';

export const describeKeyWrapping: DescribeOperation = (subject) => {
  it('unwraps what it wrapped, from 16 to 65,536 bytes', async () => {
    const {module, key} = subject();
    for (const length of [16, 24, 32, 512, 8184, 8192, 8200, 65_536]) {
      const unwrappedKey = randomBytes(length);
      const wrappedKey = await module.wrapKey(key, unwrappedKey);
      expect(wrappedKey.length).to.equal(length + 8);
      expect(Buffer.from((await module.unwrapKey(key, wrappedKey)) ?? [])).to.deep.equal(unwrappedKey);
    }
  });

  it('refuses to wrap 0, 1, 8, 15 bytes, a broken block and more than 65,536 bytes', async () => {
    const {module, key} = subject();
    for (const length of [0, 1, 8, 15, 17, 31, 65_535, 65_544, 100_000]) {
      const error = await rejection(module.wrapKey(key, randomBytes(length)));
      expect(error, `${length} bytes`).to.be.instanceOf(MalformedRequestError);
      expect(error.message).to.match(/16 to 65536 bytes/);
    }
  });

  it('answers undefined to whatever does not open', async () => {
    const {module, key, other} = subject();
    const wrappedKey = Buffer.from(await module.wrapKey(key, randomBytes(32)));
    for (const length of [0, 1, 8, 15, 16, 17, 23, 24, 25, 65_544, 65_552, 100_000]) {
      expect(await module.unwrapKey(key, randomBytes(length)), `${length} bytes`).to.equal(undefined);
    }
    expect(await module.unwrapKey(other, wrappedKey), 'other key').to.equal(undefined);
    expect(await module.unwrapKey(key, flipBit(wrappedKey, 100)), 'flipped bit').to.equal(undefined);
    expect(await module.unwrapKey(key, wrappedKey.subarray(8)), 'without its first block').to.equal(
      undefined,
    );
    expect(await module.unwrapKey(key, wrappedKey)).to.have.length(32);
    const long = Buffer.from(await module.wrapKey(key, randomBytes(65_536)));
    expect(await module.unwrapKey(other, long), 'long, other key').to.equal(undefined);
    expect(await module.unwrapKey(key, flipBit(long, 65_536)), 'long, flipped bit').to.equal(undefined);
    expect(await module.unwrapKey(key, long)).to.have.length(65_536);
  });
};
