import {expect} from 'chai';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {
  InvalidParameterError,
  KeyInUseError,
  KeyNotFoundError,
  SealedError,
} from '../../../lib/sealing/sealing-errors.ts';
import {UnavailableError} from '../../../lib/errors.ts';
import type {Wrapper} from '../../../lib/sealing/wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {MemoryKeyHierarchyStore} from '../memory-key-hierarchy-store.ts';
import {PLACE, PURPOSE, SCOPE, SECRET} from './fixture.ts';

/** As an application uses the hierarchy, that brings its own wrappers. */
describe('KeyHierarchy: external wrappers', () => {
  let store: MemoryKeyHierarchyStore;
  const root = (name: string): FaultyRootWrapper =>
    new FaultyRootWrapper(name, new Uint8Array(32).fill(name.length));
  const newHierarchy = (): KeyHierarchy =>
    new KeyHierarchy({store, roots: fixedRoots([]), purposes: [PURPOSE, 'audit']});
  const states = (): readonly string[] =>
    store.rootWrappers.map(({wrapperKeyId, state}) => `${wrapperKeyId} ${state}`);

  beforeEach(() => {
    store = new MemoryKeyHierarchyStore();
  });

  it('gives an application its first root, and the same again at its next start', async () => {
    const first = newHierarchy();
    await expectRejection(first.wrapperFor(SCOPE, PURPOSE, {create: true}), SealedError);
    await first.addExternalWrapper('rootKey', root('one'));
    const blob = await (await first.wrapperFor(SCOPE, PURPOSE, {create: true})).seal(SECRET, PLACE);
    await first.close();
    const second = newHierarchy();
    await second.addExternalWrapper('rootKey', root('one'));
    const wrapper = await second.wrapperFor(SCOPE, PURPOSE);
    expect(Buffer.from(await wrapper.open(blob, PLACE)).equals(SECRET)).to.be.true;
    expect(states()).to.deep.equal(['one active']);
    expect(store.rootWrappers[0]?.id).to.match(/^rw_[A-Za-z0-9_-]{22}$/);
  });

  it('seals all root keys under one more root', async () => {
    const hierarchy = newHierarchy();
    await hierarchy.addExternalWrapper('rootKey', root('one'));
    for (const scope of ['a', 'b', 'c']) await hierarchy.createKeys(scope, [PURPOSE]);
    await hierarchy.addExternalWrapper('rootKey', root('second'));
    expect(states()).to.deep.equal(['one active', 'second active']);
    await hierarchy.createKeys('d', [PURPOSE]);
    const other = newHierarchy();
    await other.addExternalWrapper('rootKey', root('second'));
    for (const scope of ['a', 'b', 'c', 'd']) await other.wrapperFor(scope, PURPOSE);
  });

  it('goes on where adding one was interrupted', async () => {
    const hierarchy = newHierarchy();
    await hierarchy.addExternalWrapper('rootKey', root('one'));
    await hierarchy.createKeys(SCOPE, [PURPOSE]);
    store.gate = async (method) => {
      if (method === 'insertSealedRootKeys') throw new UnavailableError('The store is down.');
    };
    const second = root('second');
    await expectRejection(hierarchy.addExternalWrapper('rootKey', second), UnavailableError);
    expect(states()).to.deep.equal(['one active', 'second adding']);
    store.gate = () => Promise.resolve();
    await hierarchy.addExternalWrapper('rootKey', second);
    expect(states()).to.deep.equal(['one active', 'second active']);
  });

  it('seals again where others have made keys meanwhile, before the root is active', async () => {
    const hierarchy = newHierarchy();
    await hierarchy.addExternalWrapper('rootKey', root('one'));
    await hierarchy.createKeys(SCOPE, [PURPOSE]);
    let attempts = 0;
    store.gate = async (method) => {
      if (method === 'updateRootWrapper' && ++attempts === 1) throw new KeyInUseError('Not all are sealed.');
    };
    await hierarchy.addExternalWrapper('rootKey', root('second'));
    expect(states()).to.deep.equal(['one active', 'second active']);
    store.gate = async (method) => {
      if (method === 'updateRootWrapper') throw new KeyInUseError('Not all are sealed.');
    };
    await expectRejection(hierarchy.addExternalWrapper('rootKey', root('third')), UnavailableError);
  });

  it('of two processes that add the same first root, both use it', async () => {
    const both = [newHierarchy(), newHierarchy()];
    await Promise.all(both.map((each) => each.addExternalWrapper('rootKey', root('one'))));
    expect(states()).to.deep.equal(['one active']);
    const [a, b] = await Promise.all(both.map((each) => each.wrapperFor(SCOPE, PURPOSE, {create: true})));
    expect(a!.keyId).to.equal(b!.keyId);
  });

  it('refuses a root that is being retired, and what is no root', async () => {
    const hierarchy = newHierarchy();
    for (const name of ['one', 'second']) await hierarchy.addExternalWrapper('rootKey', root(name));
    const [first] = store.rootWrappers;
    await store.updateRootWrapper(first!.id, {from: 'active', to: 'retiring'});
    await expectRejection(newHierarchy().addExternalWrapper('rootKey', root('one')), InvalidParameterError);
    const third = root('third');
    const noRoot: Wrapper = {
      keyId: third.keyId,
      seal: (plaintext, additionalData) => third.seal(plaintext, additionalData),
      open: (blob, additionalData) => third.open(blob, additionalData),
      close: () => third.close(),
    };
    await expectRejection(hierarchy.addExternalWrapper('rootKey', noRoot), InvalidParameterError);
    await hierarchy.addExternalWrapper('rootKey', third);
  });

  it('keeps a wrapper for a declared purpose, and closes what it was given', async () => {
    const hierarchy = newHierarchy();
    const [forRoot, forAudit] = [root('one'), root('second')];
    for (const purpose of ['rootKey', 'audit', PURPOSE, '', 'constructor'])
      expect(() => hierarchy.externalWrapper(purpose), purpose).to.throw(KeyNotFoundError);
    await hierarchy.addExternalWrapper('rootKey', forRoot);
    await hierarchy.addExternalWrapper('audit', forAudit);
    expect(hierarchy.externalWrapper('rootKey')).to.equal(forRoot);
    expect(hierarchy.externalWrapper('audit')).to.equal(forAudit);
    await expectRejection(hierarchy.addExternalWrapper('audit', forRoot), InvalidParameterError);
    await expectRejection(hierarchy.addExternalWrapper('other', forRoot), InvalidParameterError);
    expect(() => hierarchy.externalWrapper(PURPOSE)).to.throw(KeyNotFoundError);
    await hierarchy.close();
    expect([forRoot.calls.close, forAudit.calls.close]).to.deep.equal([1, 1]);
  });
});
