import {expect} from 'chai';
import {rootSealerContext} from '../../../lib/sealing/key-hierarchy/contexts.ts';
import {RootSealers} from '../../../lib/sealing/key-hierarchy/root-sealers.ts';
import {ROOTS_SCOPE} from '../../../lib/sealing/scopes.ts';
import {InvalidSchemaError, MultipleRecordsError} from '../../../lib/sealing/sealing-errors.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import {UnavailableError} from '../../../lib/errors.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PURPOSE, SCOPE, storeRoot, useHierarchy} from './fixture.ts';
import {SealableRoot} from './sealable-root.ts';
import {TestRoots} from './test-roots.ts';

describe('KeyHierarchy: what a store or a root must not do', () => {
  const t = useHierarchy();

  it('gives no wrapper of another scope’s keys', async () => {
    for (const scope of ['a', 'b']) await t.hierarchy.createKeys(scope, [PURPOSE]);
    t.store.scopes.set('a', t.store.scopes.get('b')!);
    const other = t.newHierarchy();
    await expectRejection(other.wrapperFor('a', PURPOSE), SealedBlobError);
    await expectRejection(other.listKeys('a'), SealedBlobError);
    await other.wrapperFor('b', PURPOSE);
  });

  it('refuses several records where one must be', async () => {
    await t.hierarchy.createKeys(SCOPE, [PURPOSE]);
    const record = t.store.scopes.get(SCOPE)!;
    const [dataKey] = record.dataKeys;
    const twice = [dataKey!.versions[0]!, dataKey!.versions[0]!];
    for (const several of [
      {...record, dataKeys: [dataKey!, dataKey!]},
      {...record, dataKeys: [{...dataKey!, versions: twice}]},
      {...record, rootKeyVersions: [record.rootKeyVersions[0]!, record.rootKeyVersions[0]!]},
    ]) {
      t.store.scopes.set(SCOPE, several);
      await expectRejection(t.newHierarchy().wrapperFor(SCOPE, PURPOSE), MultipleRecordsError);
    }
    t.store.scopes.set(SCOPE, record);
    await t.newHierarchy().wrapperFor(SCOPE, PURPOSE);
  });

  it('refuses a schema in which data key versions in use could be deleted', async () => {
    let restricts = false;
    t.store.listDataKeyVersionReferencers = async () => [{name: 'app_secret.version', restricts}];
    const error = await expectRejection(t.hierarchy.validateSchema(), InvalidSchemaError);
    expect(error.message).to.include('app_secret.version');
    restricts = true;
    await t.hierarchy.validateSchema();
  });

  describe('with a second root', () => {
    const second = new SealableRoot('second');
    let roots: TestRoots;
    beforeEach(async () => {
      second.afterOpen = (plaintext) => plaintext;
      await t.hierarchy.createKeys('before', [PURPOSE]);
      await t.hierarchy.rootSealerWrapper({create: true});
      await storeRoot(t.store, 'rw_2', second, 'adding');
      roots = await TestRoots.of(t.store, [
        ['rw_1', t.root],
        ['rw_2', second],
      ]);
      t.hierarchy = t.newHierarchy({roots});
    });

    it('stores nothing that the second root would open wrongly', async () => {
      second.afterOpen = () => new Uint8Array(32);
      await expectRejection(t.hierarchy.createKeys(SCOPE, [PURPOSE]), SealedBlobError);
      expect(t.store.scopes.has(SCOPE)).to.be.false;
      await expectRejection(t.hierarchy.sealRootKeysUnder('rw_2'), SealedBlobError);
      expect((await t.store.countSealed('rw_2')).sealed).to.equal(0);
      second.afterOpen = (plaintext) => plaintext;
      await t.hierarchy.createKeys(SCOPE, [PURPOSE]);
      await t.hierarchy.sealRootKeysUnder('rw_2');
    });

    it('opens a sealer again when its record changes, and learns of that by refreshing', async () => {
      const store = async (root: SealableRoot): Promise<void> => {
        const wrapper = await t.hierarchy.rootSealerWrapper();
        const context = rootSealerContext({id: 'rw_2', wrapperKeyId: second.keyId});
        const blob = await wrapper.seal(root.exportSealer(), context);
        const sealer = {blob, dataKeyVersionId: wrapper.keyId};
        await t.store.updateRootWrapper('rw_2', {from: 'adding', to: 'adding', sealer});
        const {refreshes} = roots;
        await t.hierarchy.refresh();
        expect(roots.refreshes).to.equal(refreshes + 1);
        await t.hierarchy.refresh();
        expect(roots.refreshes).to.equal(refreshes + 1);
      };
      await store(second);
      roots.open.delete('rw_2');
      await t.hierarchy.rotateKeys('before');
      await store(new SealableRoot('foreign'));
      await expectRejection(t.hierarchy.rotateKeys('before'), UnavailableError);
      await store(second);
      await t.hierarchy.rotateKeys('before');
      await t.hierarchy.rotateKeys(ROOTS_SCOPE);
      await t.hierarchy.rewrapKeys(ROOTS_SCOPE).catch(() => undefined);
      roots.open.set('rw_2', second);
      await t.hierarchy.rewrapKeys(ROOTS_SCOPE);
      const {keyId} = await t.hierarchy.rootSealerWrapper();
      expect(roots.records()[1]?.sealer?.dataKeyVersionId).to.equal(keyId);
    });

    it('opens the sealers again after keys were forgotten', async () => {
      const wrapper = await t.hierarchy.rootSealerWrapper();
      const context = rootSealerContext({id: 'rw_2', wrapperKeyId: second.keyId});
      const blob = await wrapper.seal(second.exportSealer(), context);
      const sealer = {blob, dataKeyVersionId: wrapper.keyId};
      await t.store.updateRootWrapper('rw_2', {from: 'adding', to: 'adding', sealer});
      await roots.refresh();
      roots.open.delete('rw_2');
      await t.hierarchy.rotateKeys('before');
      const own = t.store.scopes.get(ROOTS_SCOPE)!;
      t.store.scopes.delete(ROOTS_SCOPE);
      await t.hierarchy.rotateKeys('before');
      t.hierarchy.forget();
      await expectRejection(t.hierarchy.rotateKeys('before'), UnavailableError);
      t.store.scopes.set(ROOTS_SCOPE, own);
      await t.hierarchy.rotateKeys('before');
    });

    it('closes the sealers when keys are forgotten', async () => {
      roots.open.delete('rw_2');
      let closed = 0;
      const sealers = new RootSealers({
        roots: {
          records: () => roots.records().map((each) => ({...each, sealer: SEALER})),
          opened: () => roots.opened(),
        },
        openSealer: async () => ({
          keyId: second.keyId,
          seal: async (plaintext) => plaintext,
          close: () => {
            closed++;
          },
        }),
      });
      expect((await sealers.all()).map(({id}) => id)).to.deep.equal(['rw_1', 'rw_2']);
      await sealers.all();
      expect(closed).to.equal(0);
      sealers.forget();
      expect(closed).to.equal(1);
    });
  });
});

const SEALER = {blob: Uint8Array.of(1), dataKeyVersionId: 'kdkv_1'};
