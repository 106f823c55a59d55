import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PLACE, PURPOSE, SCOPE, SECRET, useHierarchy} from './fixture.ts';
import {newScopeRecord} from '../../../lib/sealing/key-hierarchy/new-keys.ts';

describe('KeyHierarchy: what is kept open', () => {
  const t = useHierarchy();

  describe('cache', () => {
    it('reads a scope once, and opens each key once, for any number of uses', async () => {
      await t.newHierarchy().wrapperFor(SCOPE, PURPOSE, {create: true});
      t.store.reads = 0;
      t.root.calls.open = 0;
      const wrappers = await Promise.all(
        Array.from({length: 20}, () => t.hierarchy.wrapperFor(SCOPE, PURPOSE)),
      );
      const blob = await wrappers[0]!.seal(SECRET, PLACE);
      for (const wrapper of wrappers)
        expect(Buffer.from(await wrapper.open(blob, PLACE)).equals(SECRET)).to.be.true;
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE);
      expect({reads: t.store.reads, opens: t.root.calls.open}).to.deep.equal({reads: 1, opens: 1});
    });

    it('tells what is open: from the first use until it is forgotten, changed, read anew or closed', async () => {
      const {hierarchy} = t;
      const isOpen = (): boolean => hierarchy.isOpen(SCOPE, PURPOSE);
      const use = (): Promise<unknown> => hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      expect(isOpen()).to.be.false;
      await use();
      expect(isOpen()).to.be.true;
      expect(hierarchy.isOpen(SCOPE, 'record-mac')).to.be.false;
      expect(hierarchy.isOpen('another', PURPOSE)).to.be.false;
      const ends: readonly (() => Promise<unknown>)[] = [
        async () => {
          hierarchy.forget();
        },
        () => hierarchy.rotateKeys(SCOPE),
        () => hierarchy.deleteScope(SCOPE),
      ];
      for (const end of ends) {
        await end();
        expect(isOpen()).to.be.false;
        await use();
        expect(isOpen()).to.be.true;
      }
      await t.newHierarchy().rotateKeys(SCOPE);
      await hierarchy.refresh();
      expect(isOpen()).to.be.false;
      await use();
      await hierarchy.close();
      expect(isOpen()).to.be.false;
    });

    it('makes a scope once for uses at the same time', async () => {
      const wrappers = await Promise.all(
        Array.from({length: 20}, () => t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true})),
      );
      expect(new Set(wrappers.map(({keyId}) => keyId)).size).to.equal(1);
      expect(t.root.calls.seal).to.equal(1);
    });

    it('keeps as many scopes as it was told, and reads others again', async () => {
      t.hierarchy = t.newHierarchy({cacheSize: 2});
      for (const scope of ['a', 'b', 'c']) await t.hierarchy.wrapperFor(scope, PURPOSE, {create: true});
      t.store.reads = 0;
      for (const scope of ['b', 'c']) await t.hierarchy.wrapperFor(scope, PURPOSE);
      expect(t.store.reads).to.equal(0);
      await t.hierarchy.wrapperFor('a', PURPOSE);
      expect(t.store.reads).to.equal(1);
    });

    it('lets a wrapper work on when its scope is pushed out', async () => {
      t.hierarchy = t.newHierarchy({cacheSize: 1});
      const wrapper = await t.hierarchy.wrapperFor('a', PURPOSE, {create: true});
      await t.hierarchy.wrapperFor('b', PURPOSE, {create: true});
      const blob = await wrapper.seal(SECRET, PLACE);
      expect(Buffer.from(await wrapper.open(blob, PLACE)).equals(SECRET)).to.be.true;
    });

    it('does not take scope and purpose for another pair that reads the same', async () => {
      t.hierarchy = t.newHierarchy({purposes: ['a', 'aa', 'a-a']});
      const pairs = [
        ['x', 'aa'],
        ['xa', 'a'],
        ['x-a', 'a'],
        ['x', 'a-a'],
      ] as const;
      const keyIds = new Set<string>();
      for (const [scope, purpose] of pairs) {
        keyIds.add((await t.hierarchy.wrapperFor(scope, purpose, {create: true})).keyId);
      }
      expect(keyIds.size).to.equal(pairs.length);
    });

    it('does not remember that a scope is absent, nor that the store failed', async () => {
      await expectRejection(t.hierarchy.wrapperFor(SCOPE, PURPOSE), SealedBlobError);
      await t.newHierarchy().wrapperFor(SCOPE, PURPOSE, {create: true});
      t.store.gate = () => Promise.reject(new UnavailableError('The store is down.'));
      const error = await expectRejection(t.hierarchy.wrapperFor(SCOPE, PURPOSE), UnavailableError);
      expect(error.message).to.equal('The store is down.');
      t.store.gate = () => Promise.resolve();
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE);
    });

    it('does not take a read that began before the keys were stored for their absence', async () => {
      const held = Promise.withResolvers<undefined>();
      const reading = Promise.withResolvers<undefined>();
      t.store.gate = async (method) => {
        if (method !== 'findScope' || t.store.reads > 1) return;
        reading.resolve(undefined);
        await held.promise;
      };
      // The first read is slow, and finds nothing when it is answered.
      const find = t.store.scopes.get.bind(t.store.scopes);
      t.store.scopes.get = (scope) => (t.store.reads > 1 ? find(scope) : undefined);
      const early = t.hierarchy.wrapperFor(SCOPE, PURPOSE);
      await reading.promise;
      const record = await newScopeRecord(
        {scope: SCOPE, purposes: [PURPOSE]},
        {roots: [{id: 'rw_1', sealer: t.root}], createdAt: 1},
      );
      await t.store.insertScope(record);
      const late = t.hierarchy.wrapperFor(SCOPE, PURPOSE);
      held.resolve(undefined);
      expect((await late).keyId).to.equal(record.dataKeys[0]?.versions[0]?.id);
      await early;
    });
  });

  describe('versions of another node', () => {
    it('opens what a version seals that came after its last read, with one more read', async () => {
      const ours = await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      const old = await ours.seal(SECRET, PLACE);
      await rotate();
      const theirs = await t.newHierarchy().wrapperFor(SCOPE, PURPOSE);
      expect(theirs.keyId).to.not.equal(ours.keyId);
      const blob = await theirs.seal(SECRET, PLACE);

      t.store.reads = 0;
      expect(Buffer.from(await ours.open(blob, PLACE)).equals(SECRET)).to.be.true;
      expect(Buffer.from(await ours.open(blob, PLACE)).equals(SECRET)).to.be.true;
      expect(t.store.reads).to.equal(1);
      expect((await t.hierarchy.wrapperFor(SCOPE, PURPOSE)).keyId).to.equal(theirs.keyId);
      expect(Buffer.from(await theirs.open(old, PLACE)).equals(SECRET)).to.be.true;
    });

    it('refuses a version that there is not, also where the scope has gone', async () => {
      const wrapper = await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      const other = await t.hierarchy.wrapperFor('another scope', PURPOSE, {create: true});
      const blob = await other.seal(SECRET, PLACE);
      await expectRejection(wrapper.open(blob, PLACE), SealedBlobError);
      t.store.scopes.delete(SCOPE);
      await expectRejection(wrapper.open(blob, PLACE), SealedBlobError);
      expect(Buffer.from(await other.open(blob, PLACE)).equals(SECRET)).to.be.true;
    });

    it('seals with the highest version, whatever the order', async () => {
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      await rotate();
      const record = t.store.scopes.get(SCOPE)!;
      const [dataKey] = record.dataKeys;
      const [first, second] = dataKey!.versions;
      t.store.scopes.set(SCOPE, {...record, dataKeys: [{...dataKey!, versions: [second!, first!]}]});
      expect((await t.newHierarchy().wrapperFor(SCOPE, PURPOSE)).keyId).to.equal(second!.id);
    });

    /** By another process. */
    async function rotate(): Promise<void> {
      await t.newHierarchy().rotateKeys(SCOPE);
    }
  });
});
