import {createHash, createPrivateKey, createPublicKey, verify} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {
  EC_CURVES,
  generateScalar,
  openScalar,
} from '../../../lib/key-modules/software/algorithms/ec-curve.ts';
import {signDigest} from '../../../lib/key-modules/software/algorithms/ecdsa-digest.ts';

describe('ECDSA over a digest', () => {
  for (const curve of Object.values(EC_CURVES)) {
    const {hash, namedCurve, size} = curve;
    const numRuns = curve.slow ? 10 : 40;
    const options = (key: ReturnType<typeof createPublicKey>) => ({key, dsaEncoding: 'ieee-p1363'}) as const;

    it(`${namedCurve}: is what OpenSSL verifies of the data, with any key`, () => {
      fc.assert(
        fc.property(fc.uint8Array(), (data) => {
          const {privateKey} = openScalar(curve, generateScalar(curve));
          const signature = signDigest(curve, privateKey, createHash(hash).update(data).digest());
          expect(signature).to.have.length(2 * size);
          expect(verify(hash, data, options(createPublicKey(privateKey)), signature)).to.equal(true);
        }),
        {numRuns},
      );
    });

    it(`${namedCurve}: is so with the smallest and the largest scalar, and digests of zeros and ones`, () => {
      const smallest = Buffer.alloc(size);
      smallest.writeUInt8(1, size - 1);
      const largest = Buffer.from(curve.order);
      largest.writeUInt8(largest.readUInt8(size - 1) - 1, size - 1);
      for (const scalar of [smallest, largest]) {
        const privateKey = createPrivateKey({
          key: scalar,
          format: 'raw-private',
          asymmetricKeyType: 'ec',
          namedCurve,
        });
        const length = createHash(hash).digest().length;
        for (const digest of [Buffer.alloc(length), Buffer.alloc(length, 0xff)]) {
          expect(signDigest(curve, privateKey, digest)).to.have.length(2 * size);
        }
        const data = Buffer.from('data');
        const signature = signDigest(curve, privateKey, createHash(hash).update(data).digest());
        expect(verify(hash, data, options(createPublicKey(privateKey)), signature)).to.equal(true);
      }
    });

    it(`${namedCurve}: takes a new nonce each time`, () => {
      const {privateKey} = openScalar(curve, generateScalar(curve));
      const digest = createHash(hash).update('data').digest();
      const nonces = Array.from({length: numRuns}, () =>
        signDigest(curve, privateKey, digest).toString('hex', 0, size),
      );
      expect(new Set(nonces).size).to.equal(numRuns);
    });
  }
});
