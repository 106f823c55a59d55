import {expect} from 'chai';
import {MalformedRequestError} from '../errors.ts';
import {flipBit, rejection} from './fixtures.ts';
import type {DescribeOperation} from './subject.ts';

export const describeEncapsulation: DescribeOperation = (subject) => {
  it('finds the secret that was encapsulated, a new one each time', async () => {
    const {module, key} = subject();
    const [a, b] = [await module.encapsulate(key), await module.encapsulate(key)];
    for (const {secret, ciphertext} of [a, b]) {
      expect(secret).to.have.length(32);
      expect(Buffer.from(await module.decapsulate(key, ciphertext))).to.deep.equal(Buffer.from(secret));
    }
    expect(Buffer.from(a.secret).equals(b.secret)).to.equal(false);
    expect(Buffer.from(a.ciphertext).equals(b.ciphertext)).to.equal(false);
  });

  it('gives another secret, and always the same, for another key or a changed ciphertext', async () => {
    const {module, key, other} = subject();
    const {secret, ciphertext} = await module.encapsulate(key);
    const wrong = [await module.decapsulate(other, ciphertext)];
    for (let bit = 0; bit < ciphertext.length * 8; bit += 211) {
      const changed = flipBit(ciphertext, bit);
      const rejected = Buffer.from(await module.decapsulate(key, changed));
      expect(rejected.equals(await module.decapsulate(key, changed)), `bit ${bit}`).to.equal(true);
      wrong.push(rejected);
    }
    for (const rejected of wrong) {
      expect(rejected).to.have.length(32);
      expect(Buffer.from(secret).equals(rejected)).to.equal(false);
    }
  });

  it('refuses ciphertexts of another length', async () => {
    const {module, key} = subject();
    const {ciphertext} = await module.encapsulate(key);
    for (const length of [0, 1, 32, 1087, 1089, 65_536]) {
      const error = await rejection(module.decapsulate(key, Buffer.alloc(length)));
      expect(error, `${length} bytes`).to.be.instanceOf(MalformedRequestError);
      expect(error.message).to.include(`${ciphertext.length} bytes`);
    }
  });
};
