import {expect} from 'chai';
import {OperationFailedError} from '../errors.ts';
import {newKey, rejection} from './fixtures.ts';
import type {KeyVersion} from '../key-modules/key-module.ts';
import type {DescribeOperation} from './subject.ts';

function publicKeyOf({publicKey}: KeyVersion): Uint8Array {
  if (!publicKey) throw new Error('The key has no public key.');
  return publicKey;
}

export const describeKeyAgreement: DescribeOperation = (subject, {name: type}) => {
  it('gives both sides the same secret, and others another', async () => {
    const {module, key: a, other: b} = subject();
    const c = await newKey(module, type);
    const secret = Buffer.from(await module.deriveSecret(a, publicKeyOf(b)));
    expect(Buffer.from(await module.deriveSecret(b, publicKeyOf(a))).equals(secret)).to.equal(true);
    expect(Buffer.from(await module.deriveSecret(c, publicKeyOf(b))).equals(secret)).to.equal(false);
    expect(secret.length).to.equal(type.includes('ECDH') ? publicKeyOf(a).length - 1 : 32);
  });

  it('fails with one message on short, long, off-curve and low-order points', async () => {
    const {module, key, other: peer} = subject();
    const good = Buffer.from(publicKeyOf(peer));
    const {length} = good;
    const points = [
      Buffer.alloc(0),
      Buffer.alloc(1),
      good.subarray(0, length - 1),
      Buffer.concat([good, Buffer.of(0)]),
      Buffer.alloc(length),
      // x ≥ p; as u coordinate of X25519 it is masked to 2^255 − 1 ≡ 18, so only the wrong lengths apply there.
      ...(type.includes('X25519')
        ? []
        : [Buffer.alloc(length, 0xff), Buffer.concat([Buffer.of(2), Buffer.alloc(length - 1, 0xff)])]),
    ];
    for (const point of points) {
      const error = await rejection(module.deriveSecret(key, point));
      expect(error, point.toString('hex')).to.be.instanceOf(OperationFailedError);
      expect(error.message).to.equal('The operation failed.');
    }
    expect(await module.deriveSecret(key, good)).to.not.be.empty;
  });
};
