import {createHash} from 'node:crypto';
import {expect} from 'chai';
import type {SignatureOptions} from '../../../lib/key-modules/key-module.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {newKey} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest();

describe('software key module: RSA signatures', () => {
  const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
  after(() => module.close());

  it('are as long as the modulus: a zero in front can neither be left out nor added', async () => {
    const key = await newKey(module, 'urn:webkms:multikey:RSA-2048');
    for (let n = 0; ; n++) {
      const data = Buffer.from(`data ${n}`);
      const signature = Buffer.from(await module.sign(key, data, {algorithm: 'RS256'}));
      if (signature[0] !== 0) continue;
      const inputs: readonly [Buffer, SignatureOptions][] = [
        [data, {algorithm: 'RS256'}],
        [sha256(data), {algorithm: 'RS256', prehashed: true}],
      ];
      for (const [input, options] of inputs) {
        expect(await module.verify(key, input, signature, options)).to.equal(true);
        expect(await module.verify(key, input, signature.subarray(1), options)).to.equal(false);
        const longer = Buffer.concat([Buffer.of(0), signature]);
        expect(await module.verify(key, input, longer, options)).to.equal(false);
      }
      return;
    }
  });

  it('and so are ciphertexts', async () => {
    const key = await newKey(module, 'urn:webkms:multikey:RSA-2048');
    for (;;) {
      const ciphertext = Buffer.from(await module.encrypt(key, Buffer.from('data')));
      if (ciphertext[0] !== 0) continue;
      expect(await module.decrypt(key, ciphertext)).to.deep.equal(Buffer.from('data'));
      expect(await module.decrypt(key, ciphertext.subarray(1))).to.equal(undefined);
      return;
    }
  });

  it('of PSS have a random salt, of PKCS #1 v1.5 none: of data as of digests', async () => {
    const key = await newKey(module, 'urn:webkms:multikey:RSA-2048');
    const data = Buffer.from('data');
    for (const [algorithm, different] of [
      ['PS256', 4],
      ['RS256', 1],
    ] as const) {
      const signatures = [
        await module.sign(key, data, {algorithm}),
        await module.sign(key, data, {algorithm}),
        await module.sign(key, sha256(data), {algorithm, prehashed: true}),
        await module.sign(key, sha256(data), {algorithm, prehashed: true}),
      ];
      const distinct = new Set(signatures.map((signature) => Buffer.from(signature).toString('hex')));
      expect(distinct.size, algorithm).to.equal(different);
    }
  });
});
