import {expect} from 'chai';
import fc from 'fast-check';
import type {KeyVersion} from '../../../lib/key-modules/key-module.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {KEY_TYPES} from '../../../lib/keys/key-types.ts';
import {flipBit, newKey} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
const bytes = fc.uint8Array({maxLength: 500});
const keyData = fc
  .integer({min: 2, max: 64})
  .chain((n) => fc.uint8Array({minLength: 8 * n, maxLength: 8 * n}));

describe('software key module: laws', () => {
  for (const keyType of Object.values(KEY_TYPES)) {
    // BBS takes 50 ms a signature; the contract suite and the vectors have it.
    if (!keyType.operations.includes('sign') || keyType.algorithm.startsWith('BBS')) continue;

    it(`${keyType.name}: verify ∘ sign, and no flipped bit`, async () => {
      const key = await newKey(module, keyType.name);
      await fc.assert(
        fc.asyncProperty(bytes, fc.nat(), async (data, n) => {
          const signature = await module.sign(key, data);
          expect(await module.verify(key, data, signature)).to.equal(true);
          expect(await module.verify(key, data, flipBit(signature, n % (signature.length * 8)))).to.equal(
            false,
          );
          if (data.length > 0) {
            expect(await module.verify(key, flipBit(data, n % (data.length * 8)), signature)).to.equal(false);
          }
        }),
        {numRuns: 25},
      );
    });
  }

  for (const keyType of Object.values(KEY_TYPES)) {
    if (!keyType.operations.includes('encrypt')) continue;
    const rsa = keyType.algorithm.startsWith('RSA');
    const plaintexts = rsa ? fc.uint8Array({maxLength: 190}) : bytes;

    it(`${keyType.name}: decrypt ∘ encrypt = id, and no flipped bit`, async () => {
      const key = await newKey(module, keyType.name);
      await fc.assert(
        fc.asyncProperty(plaintexts, bytes, fc.nat(), async (plaintext, additionalData, n) => {
          const options = {additionalData};
          const ciphertext = await module.encrypt(key, plaintext, options);
          expect(await module.decrypt(key, ciphertext, options)).to.deep.equal(Buffer.from(plaintext));
          const flipped = flipBit(ciphertext, n % (ciphertext.length * 8));
          expect(await module.decrypt(key, flipped, options)).to.equal(undefined);
          const other = {additionalData: Buffer.concat([additionalData, Buffer.of(n & 0xff)])};
          expect(await module.decrypt(key, ciphertext, other)).to.equal(undefined);
        }),
        {numRuns: rsa ? 20 : 100},
      );
    });

    it(`${keyType.name}: bytes that nobody encrypted do not open`, async () => {
      const key = await newKey(module, keyType.name);
      await fc.assert(
        fc.asyncProperty(bytes, async (ciphertext) => {
          expect(await module.decrypt(key, ciphertext)).to.equal(undefined);
        }),
        {numRuns: rsa ? 20 : 100},
      );
    });
  }

  it('AesKeyWrappingKey2019: unwrap ∘ wrap = id, and no flipped bit', async () => {
    const key = await newKey(module, 'AesKeyWrappingKey2019');
    await fc.assert(
      fc.asyncProperty(keyData, fc.nat(), async (unwrapped, n) => {
        const wrapped = await module.wrapKey(key, unwrapped);
        expect(await module.unwrapKey(key, wrapped)).to.deep.equal(Buffer.from(unwrapped));
        expect(await module.unwrapKey(key, flipBit(wrapped, n % (wrapped.length * 8)))).to.equal(undefined);
      }),
    );
  });

  it('AesKeyWrappingKey2019: bytes that nobody wrapped do not open', async () => {
    const key = await newKey(module, 'AesKeyWrappingKey2019');
    await fc.assert(
      fc.asyncProperty(bytes, async (wrapped) => {
        expect(await module.unwrapKey(key, wrapped)).to.equal(undefined);
      }),
    );
  });

  for (const keyType of Object.values(KEY_TYPES)) {
    if (!keyType.operations.includes('deriveSecret')) continue;

    it(`${keyType.name}: both sides derive the same`, async () => {
      const create = (): Promise<KeyVersion> => newKey(module, keyType.name);
      for (let i = 0; i < 5; i++) {
        const [a, b] = [await create(), await create()];
        const [left, right] = [
          await module.deriveSecret(a, b.publicKey!),
          await module.deriveSecret(b, a.publicKey!),
        ];
        expect(left).to.deep.equal(right);
      }
    });
  }
});
