import {expect} from 'chai';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {newKey} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';
import {hex, publicKey} from './known-key.ts';

const TYPE = 'Ed25519VerificationKey2020';
/** The order of the base point, RFC 8032 §5.1. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** y coordinates of the points of order 1, 2, 4 and 8, and the spellings of them that are not reduced. */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].flatMap((y) => {
  const negative = hex(y);
  negative[31]! |= 0x80;
  return [hex(y), negative];
});

function littleEndian(value: bigint): Buffer {
  return hex(value.toString(16).padStart(64, '0')).reverse();
}

describe('software key module: Ed25519 verification', () => {
  const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});

  it('refuses S ≥ L, for a signature that is good but for that', async () => {
    const key = await newKey(module, TYPE);
    const data = Buffer.from('data');
    const signature = Buffer.from(await module.sign(key, data));
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
    const withS = (value: bigint) => Buffer.concat([signature.subarray(0, 32), littleEndian(value)]);
    expect(await module.verify(key, data, withS(s))).to.equal(true);
    for (let multiple = 1n; s + multiple * L < 2n ** 256n; multiple++) {
      expect(await module.verify(key, data, withS(s + multiple * L)), `S + ${multiple} L`).to.equal(false);
    }
  });

  // For every message, 8 S B = 8 R + 8 k A holds with S = 0: a verifier that multiplies by the cofactor takes them all.
  it('refuses public keys of small order', async () => {
    for (const point of SMALL_ORDER) {
      const key = publicKey(TYPE, point);
      for (let n = 0; n < 32; n++) {
        for (const r of [point, SMALL_ORDER[2]!]) {
          const signature = Buffer.concat([r, Buffer.alloc(32)]);
          expect(await module.verify(key, Buffer.from(`message ${n}`), signature)).to.equal(false);
        }
      }
    }
  });
});
