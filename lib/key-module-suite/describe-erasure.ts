import {expect} from 'chai';
import {InternalError} from '../errors.ts';
import type {HeldKey} from '../key-modules/held-keys.ts';
import {newKey, rejection, signable} from './fixtures.ts';
import type {DescribeOperation, Subject} from './subject.ts';

/** Something that needs the secret of the key. */
async function useSecret({module, key, other, type}: Subject): Promise<unknown> {
  const {operations} = type;
  if (operations.includes('sign')) return module.sign(key, signable(type));
  if (operations.includes('wrapKey')) return module.wrapKey(key, Buffer.alloc(16));
  if (operations.includes('deriveSecret') && other.publicKey)
    return module.deriveSecret(key, other.publicKey);
  if (operations.includes('decapsulate')) return module.decapsulate(key, Buffer.alloc(1088));
  return module.decrypt(key, Buffer.alloc(256));
}

/** Of modules that keep the keys themselves. */
export const describeErasure: DescribeOperation = (subject, {name: type}) => {
  it('erases a key for good, and no other of the same identity, where it keeps them', async function () {
    const {module, key} = subject();
    if (!module.destroyKey) return;
    this.timeout(120_000);
    const gone = await newKey(module, type);
    const sameName = await newKey(module, type, {localKeyId: gone.localKeyId});
    await useSecret({...subject(), key: gone});
    await module.destroyKey(gone);
    await module.destroyKey(gone);
    expect(await rejection(useSecret({...subject(), key: gone}))).to.be.instanceOf(InternalError);
    for (const left of [key, sameName]) await useSecret({...subject(), key: left});
  });

  it('lists a key that it keeps until it is erased, where it can tell what it keeps', async function () {
    const {held} = subject().module;
    if (!held) return;
    this.timeout(120_000);
    const key = await newKey(subject().module, type);
    const find = async (): Promise<HeldKey[]> =>
      (await held.list()).filter(({material}) => Buffer.from(material).equals(key.material));
    const [listed, ...more] = await find();
    const {localKeyId, version, keystoreId} = key;
    const keystore = keystoreId.slice(keystoreId.lastIndexOf('/') + 1);
    expect(listed).to.deep.include({keystore, localKeyId, version});
    expect(more).to.deep.equal([]);
    if (!listed) return;
    await held.destroy(listed);
    await held.destroy(listed);
    expect(await find()).to.deep.equal([]);
    expect(await rejection(useSecret({...subject(), key}))).to.be.instanceOf(InternalError);
    await useSecret(subject());
  });

  it('finds a key that is there, and none that is not, where it can look', async function () {
    const {module, key, other} = subject();
    if (!module.checkKey) return;
    this.timeout(120_000);
    await module.checkKey(key);
    if (other.publicKey) {
      expect(
        await rejection(module.checkKey({...key, publicKey: other.publicKey})),
        'other public key',
      ).to.be.instanceOf(InternalError);
    }
    if (!module.destroyKey) return;
    const gone = await newKey(module, type);
    await module.checkKey(gone);
    await module.destroyKey(gone);
    expect(await rejection(module.checkKey(gone)), 'gone').to.be.instanceOf(InternalError);
  });
};
