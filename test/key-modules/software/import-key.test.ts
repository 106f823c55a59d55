import {expect} from 'chai';
import {MalformedRequestError} from '../../../lib/errors.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {KEY_TYPES, type KeyType} from '../../../lib/keys/key-types.ts';
import {rejection} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';
import {hex, secretKey} from './known-key.ts';

/** The orders of the groups, as their standards print them: no secret may be one of them, or more. */
const ORDERS: readonly [RegExp, string][] = [
  [/secp256k1$/, 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'],
  [/P-256$/, 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'],
  [
    /P-384$/,
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ],
  [/P-521$/, `01ff${'f'.repeat(62)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`],
  [/BBS|Bls/, '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001'],
];

describe('software key module: importKey', () => {
  const wrappers = new MemoryWrappers();
  const module = new SoftwareKeyModule({wrappers});

  async function expectRefused(type: KeyType, secret: Buffer): Promise<void> {
    const error = await rejection(secretKey(module, type, secret));
    expect(error, secret.toString('hex')).to.be.instanceOf(MalformedRequestError);
    expect(error.message).to.equal(`This is not the secret of a key of type ${type}.`);
  }

  for (const type of Object.keys(KEY_TYPES) as KeyType[]) {
    // They have tests of their own.
    if (KEY_TYPES[type].secretForm === 'pkcs1') continue;
    const order = ORDERS.find(([name]) => name.test(type))?.[1];

    it(`takes a secret of ${type}, and no other length`, async () => {
      const length = type.includes('ML-KEM') ? 64 : (order?.length ?? 64) / 2;
      const good = Buffer.alloc(length, 1);
      const first = await secretKey(module, type, good);
      const again = await secretKey(module, type, good);
      expect(again.publicKey, 'the same key').to.deep.equal(first.publicKey);
      for (const other of [0, 1, length - 1, length + 1, 2 * length])
        await expectRefused(type, Buffer.alloc(other, 1));
    });

    if (order) {
      it(`refuses scalars of ${type} out of range`, async () => {
        const n = BigInt(`0x${order}`);
        const scalar = (value: bigint) => hex(value.toString(16).padStart(order.length, '0'));
        for (const value of [1n, n - 1n])
          expect((await secretKey(module, type, scalar(value))).publicKey).to.not.be.empty;
        for (const value of [0n, n, n + 1n]) await expectRefused(type, scalar(value));
        await expectRefused(type, Buffer.alloc(order.length / 2, 0xff));
      });
    }
  }

  it('leaves the secret to its caller, and stores nothing of it in the clear', async () => {
    const secret = Buffer.alloc(32, 7);
    const id = {keystoreId: 'https://localhost:9443/kms/keystores/z1A', localKeyId: 'z1', version: 1};
    const {material} = await module.importKey({...id, type: 'Sha256HmacKey2019'}, secret);
    expect(secret).to.deep.equal(Buffer.alloc(32, 7));
    expect(Buffer.from(material).includes(secret)).to.equal(false);
  });
});
