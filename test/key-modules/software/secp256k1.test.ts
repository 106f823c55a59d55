import {createHash} from 'node:crypto';
import {secp256k1} from '@noble/curves/secp256k1.js';
import {expect} from 'chai';
import {lowS} from '../../../lib/key-modules/software/algorithms/ecdsa-signature.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {newKey} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';
import {hex} from './known-key.ts';

const TYPE = 'urn:webkms:multikey:secp256k1';
/** SEC 2 §2.4.1. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const DATA = Buffer.from('data');
const DIGEST = createHash('sha256').update(DATA).digest();
const PREHASHED = {prehashed: true} as const;

const sOf = (signature: Uint8Array) => BigInt(`0x${Buffer.from(signature).toString('hex', 32)}`);
const withS = (signature: Uint8Array, s: bigint) =>
  Buffer.concat([Buffer.from(signature).subarray(0, 32), hex(s.toString(16).padStart(64, '0'))]);

describe('software key module: secp256k1', () => {
  const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
  after(() => module.close());

  it('signs with the smaller s, data and digests', async () => {
    const key = await newKey(module, TYPE);
    for (let i = 0; i < 20; i++) {
      for (const signature of [await module.sign(key, DATA), await module.sign(key, DIGEST, PREHASHED)]) {
        expect(sOf(signature) <= N / 2n).to.equal(true);
        // Refuses the larger one.
        expect(secp256k1.verify(signature, DIGEST, key.publicKey!, {prehash: false, lowS: true})).to.equal(
          true,
        );
      }
    }
  });

  it('verifies either s', async () => {
    const key = await newKey(module, TYPE);
    const signature = await module.sign(key, DATA);
    for (const s of [sOf(signature), N - sOf(signature)]) {
      const either = withS(signature, s);
      expect(await module.verify(key, DATA, either)).to.equal(true);
      expect(await module.verify(key, DIGEST, either, PREHASHED)).to.equal(true);
      const wrong = withS(signature, s + 1n);
      expect(await module.verify(key, DATA, wrong)).to.equal(false);
      expect(await module.verify(key, DIGEST, wrong, PREHASHED)).to.equal(false);
    }
  });

  it('verifies no s or r out of range', async () => {
    const key = await newKey(module, TYPE);
    const signature = await module.sign(key, DATA);
    const bad = [
      withS(signature, 0n),
      withS(signature, N),
      withS(signature, N + 1n),
      withS(signature, (1n << 256n) - 1n),
    ];
    for (const form of [...bad, Buffer.concat([Buffer.alloc(32), signature.subarray(32)])]) {
      expect(await module.verify(key, DATA, form)).to.equal(false);
      expect(await module.verify(key, DIGEST, form, PREHASHED)).to.equal(false);
    }
  });

  it('takes the smaller s up to half of n, and leaves r', () => {
    const order = hex(N.toString(16));
    for (const [s, low] of [
      [1n, 1n],
      [N / 2n, N / 2n],
      [N / 2n + 1n, N / 2n],
      [N - 1n, 1n],
    ] as const) {
      const raw = withS(Buffer.alloc(64, 7), s);
      expect(lowS(raw, order)).to.deep.equal(withS(raw, low));
    }
  });
});
