import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {SealedError} from '../../../lib/sealing/sealing-errors.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PLACE, PURPOSE, SCOPE, SECRET, useHierarchy} from './fixture.ts';
import {TestRoots} from './test-roots.ts';

describe('KeyHierarchy: sealed and unsealed', () => {
  const t = useHierarchy();
  let roots: TestRoots;
  beforeEach(async () => {
    roots = await TestRoots.of(t.store, [['rw_1', t.root]]);
    t.hierarchy = t.newHierarchy({roots});
  });

  it('refuses every use of a key while no root is open, also of keys that are open', async () => {
    const wrapper = await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    const blob = await wrapper.seal(SECRET, PLACE);
    const [first] = (await t.hierarchy.rotateKeys(SCOPE))[1]!.versions;
    await t.hierarchy.wrapperFor(SCOPE, PURPOSE);
    expect(t.hierarchy.isOpen(SCOPE, PURPOSE)).to.be.true;
    roots.open.clear();
    const uses = (): readonly Promise<unknown>[] => [
      wrapper.seal(SECRET, PLACE),
      wrapper.open(blob, PLACE),
      t.hierarchy.wrapperFor(SCOPE, PURPOSE),
      t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true}),
      t.hierarchy.wrapperFor(SCOPE, PURPOSE, {keyVersionId: first!.id}),
      t.hierarchy.rootSealerWrapper({create: true}),
      t.hierarchy.createKeys(SCOPE, [PURPOSE]),
      t.hierarchy.rotateKeys(SCOPE),
      t.hierarchy.rewrapKeys(SCOPE),
      t.hierarchy.revokeKeyVersion(first!.id),
      t.hierarchy.reconcileKeys([SCOPE], [PURPOSE]),
      t.hierarchy.sealRootKeysUnder('rw_1'),
      t.hierarchy.check(),
    ];
    for (const use of uses()) await expectRejection(use, SealedError);
    expect(t.hierarchy.isOpen(SCOPE, PURPOSE)).to.be.false;
    roots.open.set('rw_1', t.root);
    for (const use of uses().filter((_, i) => i !== 9)) await use;
  });

  it('lists keys while sealed, as nothing of that is secret', async () => {
    await t.hierarchy.createKeys(SCOPE, [PURPOSE]);
    roots.open.clear();
    expect(await t.hierarchy.listKeys(SCOPE)).to.have.length(2);
  });

  it('forgets keys: what was given out is of no use, what is asked for anew opens', async () => {
    const wrapper = await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    const blob = await wrapper.seal(SECRET, PLACE);
    t.root.calls.open = 0;
    t.hierarchy.forget();
    for (const use of [wrapper.seal(SECRET, PLACE), wrapper.open(blob, PLACE)])
      await expectRejection(use, UnavailableError);
    const anew = await t.hierarchy.wrapperFor(SCOPE, PURPOSE);
    expect(Buffer.from(await anew.open(blob, PLACE)).equals(SECRET)).to.be.true;
    expect(t.root.calls.open).to.equal(1);
  });

  it('forgets wrappers of scopes that were pushed out, too', async () => {
    t.hierarchy = t.newHierarchy({roots, cacheSize: 1});
    const wrapper = await t.hierarchy.wrapperFor('a', PURPOSE, {create: true});
    await t.hierarchy.wrapperFor('b', PURPOSE, {create: true});
    t.hierarchy.forget();
    await expectRejection(wrapper.seal(SECRET, PLACE), UnavailableError);
  });

  it('keeps nothing of what was under way when the keys were forgotten', async () => {
    await t.newHierarchy().wrapperFor(SCOPE, PURPOSE, {create: true});
    const held = Promise.withResolvers<undefined>();
    t.store.gate = () => held.promise;
    const late = t.hierarchy.wrapperFor(SCOPE, PURPOSE);
    t.hierarchy.forget();
    t.root.calls.open = 0;
    held.resolve(undefined);
    await expectRejection(late, UnavailableError);
    expect(t.root.calls.open).to.equal(0);
    await t.hierarchy.wrapperFor(SCOPE, PURPOSE);
  });

  it('keeps nothing of what the root was opening when the keys were forgotten', async () => {
    await t.newHierarchy().wrapperFor(SCOPE, PURPOSE, {create: true});
    const [held, opening] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const open = t.root.open.bind(t.root);
    t.root.open = async (blob, additionalData) => {
      opening.resolve(undefined);
      await held.promise;
      return open(blob, additionalData);
    };
    const late = t.hierarchy.wrapperFor(SCOPE, PURPOSE);
    await opening.promise;
    t.hierarchy.forget();
    held.resolve(undefined);
    await expectRejection(late, UnavailableError);
    await t.hierarchy.wrapperFor(SCOPE, PURPOSE);
  });
});

describe('KeyHierarchy: changes by this process and by others', () => {
  const t = useHierarchy();
  const SCOPES = Array.from({length: 10}, (_, i) => `scope ${i}`);
  const useAll = async (): Promise<readonly string[]> => {
    const keyIds: string[] = [];
    for (const scope of SCOPES) keyIds.push((await t.hierarchy.wrapperFor(scope, PURPOSE)).keyId);
    return keyIds;
  };

  beforeEach(async () => {
    await t.hierarchy.reconcileKeys(SCOPES, [PURPOSE]);
    await t.hierarchy.refresh();
    await useAll();
    t.store.reads = 0;
    t.root.calls.open = 0;
  });

  it('reads nothing again where nothing has changed', async () => {
    for (let i = 0; i < 3; i++) {
      await t.hierarchy.refresh();
      await useAll();
    }
    expect(t.store.reads).to.equal(0);
  });

  it('after an own change reads that scope again, and no other', async () => {
    const before = await useAll();
    await t.hierarchy.rotateKeys('scope 3');
    const afterRotation = t.store.reads;
    const after = await useAll();
    await t.hierarchy.refresh();
    await useAll();
    expect(t.store.reads - afterRotation).to.equal(1);
    expect(after.filter((id, i) => id !== before[i])).to.deep.equal([after[3]]);
  });

  it('after an own change that another made at the same time sees both', async () => {
    const before = await useAll();
    const other = t.newHierarchy();
    await Promise.all([t.hierarchy.rotateKeys('scope 3'), other.rotateKeys('scope 4')]);
    await t.hierarchy.refresh();
    const after = await useAll();
    expect(after.filter((id, i) => id !== before[i])).to.deep.equal([after[3], after[4]]);
  });

  it('after a change by others reads each scope once more at its next use, and opens what is new only', async () => {
    await t.newHierarchy().rotateKeys('scope 4');
    t.root.calls.open = 0;
    t.store.reads = 0;
    await t.hierarchy.refresh();
    expect(t.store.reads).to.equal(0);
    await useAll();
    await useAll();
    expect({reads: t.store.reads, opens: t.root.calls.open}).to.deep.equal({reads: 10, opens: 1});
  });

  it('does not take a read that began before an own change for what is stored', async () => {
    const [held, reading] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    t.hierarchy = t.newHierarchy();
    const find = t.store.findScope.bind(t.store);
    t.store.findScope = async (scope) => {
      const found = await find(scope);
      if (t.store.reads > 1) return found;
      reading.resolve(undefined);
      await held.promise;
      return found;
    };
    const early = t.hierarchy.wrapperFor('scope 0', PURPOSE);
    await reading.promise;
    const infos = await t.hierarchy.rotateKeys('scope 0');
    const newest = infos[1]!.versions[1]!.id;
    expect((await t.hierarchy.wrapperFor('scope 0', PURPOSE)).keyId).to.equal(newest);
    held.resolve(undefined);
    await early;
    expect((await t.hierarchy.wrapperFor('scope 0', PURPOSE)).keyId).to.equal(newest);
  });

  it('does not take a read that began before a refresh for what is stored', async () => {
    t.hierarchy = t.newHierarchy();
    await t.hierarchy.refresh();
    const [held, reading] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const find = t.store.findScope.bind(t.store);
    let first = true;
    t.store.findScope = async (scope) => {
      const found = await find(scope);
      if (!first) return found;
      first = false;
      reading.resolve(undefined);
      await held.promise;
      return found;
    };
    const early = t.hierarchy.wrapperFor('scope 0', PURPOSE);
    await reading.promise;
    const infos = await t.newHierarchy().rotateKeys('scope 0');
    await t.hierarchy.refresh();
    const newest = infos[1]!.versions[1]!.id;
    expect((await t.hierarchy.wrapperFor('scope 0', PURPOSE)).keyId).to.equal(newest);
    held.resolve(undefined);
    await early;
    expect((await t.hierarchy.wrapperFor('scope 0', PURPOSE)).keyId).to.equal(newest);
  });

  it('drops destroyed versions at once in the process that destroyed them', async () => {
    const wrapper = await t.hierarchy.wrapperFor('scope 0', PURPOSE);
    const blob = await wrapper.seal(SECRET, PLACE);
    await t.hierarchy.rotateKeys('scope 0');
    await t.hierarchy.wrapperFor('scope 0', PURPOSE);
    await t.hierarchy.revokeKeyVersion(wrapper.keyId);
    const newest = await t.hierarchy.wrapperFor('scope 0', PURPOSE);
    await expectRejection(newest.open(blob, PLACE), SealedBlobError);
    await newest.open(await newest.seal(SECRET, PLACE), PLACE);
  });

  it('refreshes by a timer, goes on after a failure, says so once, and stops', async () => {
    const lines: string[] = [];
    const note = (_fields: object, message: string): void => void lines.push(message);
    t.hierarchy = t.newHierarchy({log: {info: note, warn: note}});
    let [reads, fails] = [0, true];
    t.store.readCollectionVersion = async () => {
      reads++;
      if (fails) throw new UnavailableError('The store is down.');
      return reads;
    };
    const until = async (count: number): Promise<void> => {
      while (reads < count) await new Promise((resolve) => setTimeout(resolve, 2));
    };
    const stop = t.hierarchy.startRefreshing(1);
    await until(3);
    expect(lines).to.deep.equal(['changes of the key hierarchy cannot be read']);
    fails = false;
    await until(6);
    expect(lines).to.have.length(2);
    stop();
    const stopped = reads;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reads - stopped).to.be.at.most(1);
  });
});
