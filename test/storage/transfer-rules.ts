import {expect} from 'chai';
import {DuplicateError, NotFoundError, QuotaExceededError} from '../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../../lib/storage/key-errors.ts';
import {makeFirstKeys, makeRotation} from './key-hierarchy-records.ts';
import {insertKeystoreScope} from './keystore-scope.ts';
import {ALICE, BOB, insertKey, makeKey, makeKeystore, makeRevocation} from './records.ts';
import {expectRefusal, type StoreHandles, type StoreTest} from './store-suite.ts';
import {beginFilling, contentOf, listAll, MOVE_ID, putAll, transferOf} from './transfer-records.ts';

/** Of StoreTransfer: the rules that hold for what is put, and afterwards. */
export function describeTransferRules(
  test: StoreTest,
  fromFilled: (
    body: (source: StoreHandles, keystoreIds: readonly string[]) => Promise<void>,
  ) => Promise<void>,
): void {
  test('holds to its rules with what was put', ({stores}) =>
    fromFilled(async ({stores: source}, [keystoreId = '', second = '']) => {
      await putAll(source, await beginFilling(stores));
      const {keyHierarchy, keystores, revocations} = stores;
      const scopes = await listAll(transferOf(stores), 'scope');
      const inUse = scopes.find(({scope}) => scope === keystoreId)!.dataKeys[0]!.versions[0]!;
      await expectRefusal(keyHierarchy.deleteDataKeyVersion(inUse.id), KeyInUseError);
      await expectRefusal(keyHierarchy.deleteScope(keystoreId), KeyInUseError);
      await expectRefusal(insertKey(stores, keystoreId, {tags: {name: 'key 1'}}), DuplicateError);
      await insertKey(stores, keystoreId, {tags: {name: 'key 2'}});
      const charge = {to: BOB, max: 3};
      await expectRefusal(revocations.insert(makeRevocation(second), {charge}), QuotaExceededError);
      await revocations.insert(makeRevocation(second), {charge: {...charge, max: 4}});
      const [{config} = {config: makeKeystore()}] = await listAll(transferOf(stores), 'keystore');
      const another = makeKeystore();
      await insertKeystoreScope(stores, another.id);
      await expectRefusal(keystores.insert(another, {creator: ALICE, maxPerCreator: 2}), QuotaExceededError);
      await expectRefusal(keystores.insert(config, {creator: ALICE, maxPerCreator: 9}), DuplicateError);
      const lengthOf = async (): Promise<number> =>
        (await stores.keys.list({keystoreId, limit: 100})).results.length;
      await expectRefusal(
        stores.keys.insert(makeKey(keystoreId), {maxPerKeystore: await lengthOf()}),
        QuotaExceededError,
      );
      await stores.keys.insert(makeKey(keystoreId), {maxPerKeystore: (await lengthOf()) + 1});
    }));

  test('goes on with the versions of a scope some of which were pruned', ({stores}) =>
    fromFilled(async ({stores: source}) => {
      await putAll(source, await beginFilling(stores));
      const [scope] = await listAll(transferOf(stores), 'scope');
      expect(scope!.rootKeyVersions.map(({version}) => version)).to.deep.equal([2, 4, 5]);
      const roots = (await stores.keyHierarchy.listRootWrappers()).map(({id}) => id);
      const rotation = makeRotation(scope!, roots);
      for (const version of [5, 3, 7]) {
        const rootKeyVersion = {...rotation.rootKeyVersion, version};
        const attempt = stores.keyHierarchy.addKeys(scope!.scope, {rootKeyVersion});
        expect(
          await attempt.then(
            () => 'added',
            () => 'refused',
          ),
          String(version),
        ).to.equal('refused');
      }
      await stores.keyHierarchy.addKeys(scope!.scope, rotation);
      const found = await stores.keyHierarchy.findScope(scope!.scope);
      expect(found?.dataKeys.map(({versions}) => versions.map(({version}) => version))).to.deep.equal([
        [2, 4, 5, 6],
        [2, 4, 5, 6],
      ]);
    }));

  test('refuses what breaks a rule, and takes what does not', ({stores}) =>
    fromFilled(async ({stores: source}, [keystoreId = '']) => {
      const transfer = await beginFilling(stores);
      await putAll(source, transfer);
      const content = await contentOf(stores);
      const key = makeKey(keystoreId);
      const [version] = key.versions as [(typeof key.versions)[0]];
      const put = (record: typeof key): Promise<void> => transfer.put('key', [{record, uses: []}], MOVE_ID);
      await expectRefusal(put({...key, keystoreId: `${keystoreId}-2`}), NotFoundError);
      await expectRefusal(put({...key, tags: {name: 'key 0'}}), DuplicateError);
      const sealedUnder = (dataKeyVersionId: string) => ({
        ...key,
        versions: [{...version, dataKeyVersionId}],
      });
      await expectRefusal(put(sealedUnder('kdkv_gone')), KeyNotFoundError);
      await expectRefusal(
        put({...key, authentication: {...key.authentication, dataKeyVersionId: 'kdkv_gone'}}),
        KeyNotFoundError,
      );
      const roots = (await stores.keyHierarchy.listRootWrappers()).map(({id}) => id);
      for (const sealedUnder of [roots.slice(1), [...roots, 'rw_unknown']]) {
        const scope = makeFirstKeys(sealedUnder);
        await expectRefusal(transfer.put('scope', [scope], MOVE_ID), RootsChangedError);
      }
      const revocation = makeRevocation(`${keystoreId}-2`);
      await expectRefusal(transfer.put('revocation', [{revocation}], MOVE_ID), NotFoundError);
      expect(await contentOf(stores)).to.deep.equal(content);
      await put(key);
      await transfer.put('scope', [makeFirstKeys(roots)], MOVE_ID);
      await transfer.put('revocation', [{revocation: makeRevocation(keystoreId)}], MOVE_ID);
    }));
}
