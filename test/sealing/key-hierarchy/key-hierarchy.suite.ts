import {expect} from 'chai';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import type {KeyHierarchyOptions} from '../../../lib/sealing/key-hierarchy/options.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import type {KeyHierarchyStore} from '../../../lib/storage/key-hierarchy-store.ts';
import {expectRejection} from '../expect-rejection.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {storeRoot} from './fixture.ts';
import {describeWrapper} from '../wrapper.suite.ts';

export interface HierarchyStoreFixture {
  readonly store: KeyHierarchyStore;
  /** Scopes that the backend lets keys be stored for. */
  readonly scopes: readonly [string, string];
  /** Which data key versions the application's records name, from now on. */
  setReferences(dataKeyVersionIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface KeyHierarchySuiteOptions {
  readonly name: string;
  readonly create: () => Promise<HierarchyStoreFixture>;
}

const PURPOSE = 'key-material';
const ROOT_WRAPPER_ID = 'rw_1';
const PLACE = Buffer.from('record 1');
const SECRET = Buffer.from('a secret');

/** What the hierarchy promises over every backend. */
export function describeKeyHierarchy({name, create}: KeyHierarchySuiteOptions): void {
  describe(`KeyHierarchy over ${name}`, () => {
    let fixture: HierarchyStoreFixture;

    const newFixture = async (): Promise<HierarchyStoreFixture> => {
      const made = await create();
      await storeRoot(made.store, ROOT_WRAPPER_ID, new FaultyRootWrapper());
      return made;
    };
    const newHierarchy = (store: KeyHierarchyStore, options?: Partial<KeyHierarchyOptions>): KeyHierarchy =>
      new KeyHierarchy({
        store,
        roots: fixedRoots([{id: ROOT_WRAPPER_ID, wrapper: new FaultyRootWrapper()}]),
        purposes: [PURPOSE],
        ...options,
      });

    beforeEach(async () => {
      fixture = await newFixture();
    });
    afterEach(() => fixture.close());

    it('makes a scope’s keys at first use, each level in version 1', async () => {
      const [scope] = fixture.scopes;
      const hierarchy = newHierarchy(fixture.store, {purposes: [PURPOSE, 'audit'], clock: () => 1234});
      await hierarchy.wrapperFor(scope, PURPOSE, {create: true});
      const record = await fixture.store.findScope(scope);
      expect(record?.scope).to.equal(scope);
      expect(record?.rootKeyId).to.match(/^krk_[A-Za-z0-9_-]{22}$/);
      const [rootKeyVersion] = record!.rootKeyVersions;
      expect(rootKeyVersion).to.include({version: 1, createdAt: 1234});
      expect(rootKeyVersion?.id).to.match(/^krkv_[A-Za-z0-9_-]{22}$/);
      expect(rootKeyVersion?.sealed.map(({rootWrapperId}) => rootWrapperId)).to.deep.equal([ROOT_WRAPPER_ID]);
      expect(record?.dataKeys.map(({purpose}) => purpose)).to.have.members([PURPOSE, 'audit']);
      for (const {id, versions} of record!.dataKeys) {
        expect(id).to.match(/^kdk_[A-Za-z0-9_-]{22}$/);
        expect(versions).to.have.length(1);
        expect(versions[0]).to.include({version: 1, createdAt: 1234, rootKeyVersionId: rootKeyVersion?.id});
        expect(versions[0]?.id).to.match(/^kdkv_[A-Za-z0-9_-]{22}$/);
      }
    });

    it('opens after a restart what was sealed before', async () => {
      const [scope] = fixture.scopes;
      const before = newHierarchy(fixture.store);
      const sealing = await before.wrapperFor(scope, PURPOSE, {create: true});
      const blob = await sealing.seal(SECRET, PLACE);
      await before.close();

      const opening = await newHierarchy(fixture.store).wrapperFor(scope, PURPOSE);
      expect(opening.keyId).to.equal(sealing.keyId);
      expect(Buffer.from(await opening.open(blob, PLACE)).equals(SECRET)).to.be.true;
    });

    it('makes no keys unless told to', async () => {
      const [scope] = fixture.scopes;
      const hierarchy = newHierarchy(fixture.store);
      await expectRejection(hierarchy.wrapperFor(scope, PURPOSE), SealedBlobError);
      expect(await fixture.store.findScope(scope)).to.be.undefined;
      await hierarchy.wrapperFor(scope, PURPOSE, {create: true});
      await hierarchy.wrapperFor(scope, PURPOSE);
    });

    it('gives each scope keys of its own', async () => {
      const [one, two] = fixture.scopes;
      const hierarchy = newHierarchy(fixture.store);
      const first = await hierarchy.wrapperFor(one, PURPOSE, {create: true});
      const second = await hierarchy.wrapperFor(two, PURPOSE, {create: true});
      const blob = await first.seal(SECRET, PLACE);
      await expectRejection(second.open(blob, PLACE), SealedBlobError);
      expect(Buffer.from(await first.open(blob, PLACE)).equals(SECRET)).to.be.true;
    });

    it('of two processes that race for a scope’s first keys, both use the same', async () => {
      const [scope] = fixture.scopes;
      let readers = 2;
      const bothHaveRead = Promise.withResolvers<undefined>();
      const {store} = fixture;
      const racing = new Proxy(store, {
        get: (target, method: keyof KeyHierarchyStore) =>
          method === 'findScope'
            ? async (wanted: string) => {
                const found = await target.findScope(wanted);
                if (--readers === 0) bothHaveRead.resolve(undefined);
                await bothHaveRead.promise;
                return found;
              }
            : target[method].bind(target),
      });
      const [a, b] = await Promise.all(
        [newHierarchy(racing), newHierarchy(racing)].map((each) =>
          each.wrapperFor(scope, PURPOSE, {create: true}),
        ),
      );
      expect(a!.keyId).to.equal(b!.keyId);
      expect(Buffer.from(await b!.open(await a!.seal(SECRET, PLACE), PLACE)).equals(SECRET)).to.be.true;
      expect(Buffer.from(await a!.open(await b!.seal(SECRET, PLACE), PLACE)).equals(SECRET)).to.be.true;
    });

    describeWrapper({
      name: `pooled wrapper over ${name}`,
      create: async () => {
        const made = await newFixture();
        const hierarchy = newHierarchy(made.store);
        const [one, two] = made.scopes;
        return {
          wrapper: await hierarchy.wrapperFor(one, PURPOSE, {create: true}),
          foreign: await hierarchy.wrapperFor(two, PURPOSE, {create: true}),
          close: async () => {
            await hierarchy.close();
            await made.close();
          },
        };
      },
    });
  });
}
