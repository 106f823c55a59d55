import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {collectGarbage} from '../../../lib/collect-garbage.ts';
import {OpenedKeyCache} from '../../../lib/key-modules/software/opened-key-cache.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {newIdentity, newKey} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

const ED25519 = 'Ed25519VerificationKey2020';
const DATA = Buffer.from('data');

interface Value {
  readonly name: string;
}

/** A cache of what can be told to be released: nobody but the cache refers to it. */
class Scene {
  readonly cache = new OpenedKeyCache<Value>({size: 2});
  readonly made: WeakRef<Value>[] = [];
  readonly ids = Array.from({length: 3}, () => newIdentity(ED25519));

  async use(index: number): Promise<void> {
    await this.cache.get(this.ids[index]!, {
      evidence: [Buffer.of(index)],
      weight: 1,
      make: () => {
        const value = {name: String(index)};
        this.made.push(new WeakRef(value));
        return value;
      },
    });
  }

  /** @returns which of those that were made are still there */
  async left(): Promise<readonly number[]> {
    // References are kept for the turn in which they were asked for.
    await sleep(1);
    collectGarbage();
    return this.made.flatMap((made, index) => (made.deref() ? [index] : []));
  }
}

describe('software key module: keys that are released', () => {
  it('are those that the cache has no room for', async () => {
    const scene = new Scene();
    for (const index of [0, 1]) await scene.use(index);
    expect(await scene.left()).to.deep.equal([0, 1]);
    await scene.use(2);
    expect(await scene.left()).to.deep.equal([1, 2]);
  });

  it('are those that it is told to forget, and all', async () => {
    const scene = new Scene();
    for (const index of [0, 1]) await scene.use(index);
    scene.cache.forget(scene.ids[0]!);
    expect(await scene.left()).to.deep.equal([1]);
    scene.cache.clear();
    expect(await scene.left()).to.deep.equal([]);
  });

  it('are those that nobody has used in a whole round', async () => {
    const scene = new Scene();
    for (const index of [0, 1]) await scene.use(index);
    scene.cache.forgetUnused();
    expect(await scene.left()).to.deep.equal([0, 1]);
    await scene.use(1);
    scene.cache.forgetUnused();
    expect(await scene.left()).to.deep.equal([1]);
    scene.cache.forgetUnused();
    expect(await scene.left()).to.deep.equal([]);
  });

  it('are not those that are in use, which goes on', async () => {
    const module = new SoftwareKeyModule({wrappers: new MemoryWrappers(), cacheSize: 1});
    const [key, other] = [await newKey(module, ED25519), await newKey(module, ED25519)];
    await module.sign(key, DATA);
    const signing = [module.sign(key, DATA), module.sign(other, DATA), module.sign(key, DATA)];
    module.forget(key);
    module.forget();
    collectGarbage();
    const signatures = await Promise.all(signing);
    for (const [i, signed] of [key, other, key].entries())
      expect(await module.verify(signed, DATA, signatures[i]!)).to.equal(true);
    await module.close();
  });

  it('is one that is forgotten while it is being opened', async () => {
    const wrappers = new MemoryWrappers();
    const module = new SoftwareKeyModule({wrappers});
    const key = await newKey(module, ED25519);
    const signing = module.sign(key, DATA);
    module.forget(key);
    expect(await signing).to.have.length(64);
    await module.sign(key, DATA);
    expect(wrappers.opens).to.equal(2);
    await module.close();
  });

  it('is none but the one that is forgotten', async () => {
    const wrappers = new MemoryWrappers();
    const module = new SoftwareKeyModule({wrappers});
    const [key, other] = [await newKey(module, ED25519), await newKey(module, ED25519)];
    for (const used of [key, other]) await module.sign(used, DATA);
    module.forget({...key, version: 2});
    module.forget(key);
    for (const used of [other, key]) await module.sign(used, DATA);
    expect(wrappers.opens).to.equal(3);
    await module.close();
  });
});
