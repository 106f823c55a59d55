import {expect} from 'chai';
import {InternalError} from '../../../lib/errors.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {flipBit, newKey, rejection} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

const ED25519 = 'Ed25519VerificationKey2020';
const DATA = Buffer.from('data');

function create(cacheSize?: number) {
  const wrappers = new MemoryWrappers();
  const lookups: boolean[] = [];
  const onCache = (hit: boolean) => lookups.push(hit);
  const module = new SoftwareKeyModule({wrappers, onCache, ...(cacheSize !== undefined && {cacheSize})});
  return {wrappers, lookups, module};
}

describe('software key module: opened keys', () => {
  it('are opened once', async () => {
    const {wrappers, lookups, module} = create();
    const key = await newKey(module, ED25519);
    for (let i = 0; i < 3; i++) await module.sign(key, DATA);
    expect(wrappers.opens).to.equal(1);
    expect(lookups).to.deep.equal([false, true, true]);
  });

  it('are found by what the record says, not by which buffer says it', async () => {
    const {wrappers, module} = create();
    const key = await newKey(module, ED25519);
    await module.sign(key, DATA);
    await module.sign(structuredClone(key), DATA);
    expect(wrappers.opens).to.equal(1);
  });

  it('are forgotten when they are to be, also one that is being opened', async () => {
    const {wrappers, module} = create();
    const [key, other] = [await newKey(module, ED25519), await newKey(module, ED25519)];
    await module.sign(key, DATA);
    module.forget();
    await module.sign(key, DATA);
    expect(wrappers.opens).to.equal(2);
    const signing = module.sign(other, DATA);
    module.forget();
    expect(await signing).to.have.length(64);
    await module.sign(other, DATA);
    expect(wrappers.opens).to.equal(4);
  });

  it('are not served to a record that has changed', async () => {
    const {module} = create();
    const [key, other] = [await newKey(module, ED25519), await newKey(module, ED25519)];
    await module.sign(key, DATA);
    const changed = [
      {...key, material: flipBit(key.material, 9)},
      {...key, material: other.material},
      {...key, publicKey: other.publicKey!},
      {...key, version: 2},
      {...key, type: 'Ed25519VerificationKey2018' as const},
      {...key, localKeyId: other.localKeyId},
    ];
    for (const row of changed) {
      expect(await rejection(module.sign(row, DATA))).to.be.instanceOf(InternalError);
      expect(await module.sign(key, DATA)).to.have.length(64);
    }
  });

  it('do not change when the caller reuses the buffers of the record', async () => {
    const {module} = create();
    const key = await newKey(module, ED25519);
    await module.sign(key, DATA);
    key.material.fill(0);
    expect(await rejection(module.sign(key, DATA))).to.be.instanceOf(InternalError);
  });

  it('give way to the material that the record holds now', async () => {
    const {module} = create();
    const id = {keystoreId: 'https://localhost:9443/kms/keystores/z1A', localKeyId: 'z1Same', version: 1};
    const first = await newKey(module, ED25519, id);
    const second = await newKey(module, ED25519, id);
    const signature = await module.sign(first, DATA);
    const newer = await module.sign(second, DATA);
    expect(await module.verify(first, DATA, signature)).to.equal(true);
    expect(await module.verify(second, DATA, newer)).to.equal(true);
    expect(await module.verify(second, DATA, signature)).to.equal(false);
  });

  it('are bounded, least recently used out first', async () => {
    const {wrappers, module} = create(2);
    const [a, b, c] = [
      await newKey(module, ED25519),
      await newKey(module, ED25519),
      await newKey(module, ED25519),
    ];
    for (const key of [a, b, a, c, a]) await module.sign(key, DATA);
    expect(wrappers.opens).to.equal(3);
    await module.sign(b, DATA);
    expect(wrappers.opens).to.equal(4);
  });

  it('take places by their size: an ML-DSA key 16', async () => {
    const {wrappers, module} = create(17);
    const [a, b] = [await newKey(module, ED25519), await newKey(module, ED25519)];
    const large = await newKey(module, 'urn:webkms:multikey:ML-DSA-44');
    for (const key of [a, large, a, large]) await module.sign(key, DATA);
    expect(wrappers.opens, 'both fit').to.equal(2);
    for (const key of [b, large]) await module.sign(key, DATA);
    expect(wrappers.opens, 'three do not').to.equal(3);
    await module.sign(a, DATA);
    expect(wrappers.opens).to.equal(4);
  });

  it('take places by their size: an RSA key eight', async () => {
    const {wrappers, module} = create(9);
    const [a, b] = [await newKey(module, ED25519), await newKey(module, ED25519)];
    const large = await newKey(module, 'urn:webkms:multikey:RSA-2048');
    for (const key of [a, large, a, large]) await module.sign(key, DATA);
    expect(wrappers.opens, 'both fit').to.equal(2);
    for (const key of [b, large]) await module.sign(key, DATA);
    expect(wrappers.opens, 'three do not').to.equal(3);
    await module.sign(a, DATA);
    expect(wrappers.opens).to.equal(4);
  });

  it('are not what an export is made from', async () => {
    const {wrappers, module} = create();
    const key = await newKey(module, ED25519);
    for (let i = 0; i < 2; i++) (await module.exportKey(key)).fill(0);
    expect(wrappers.opens, 'once to use it, twice to export it').to.equal(3);
    expect(await module.verify(key, DATA, await module.sign(key, DATA))).to.equal(true);
  });

  it('can be none at all, and every use works', async () => {
    const {wrappers, module} = create(1);
    const large = await newKey(module, 'urn:webkms:multikey:ML-DSA-44');
    for (let i = 0; i < 2; i++) expect(await module.sign(large, DATA)).to.have.length(2420);
    expect(wrappers.opens).to.equal(2);
  });
});
