import {expect} from 'chai';
import {InvalidStateError, MalformedRequestError} from '../../lib/errors.ts';
import {TRANSFER_KINDS} from '../../lib/storage/store-transfer.ts';
import {inAnyOrder} from './key-hierarchy-records.ts';
import {ALICE, BOB, CAROL, insertKey, makeKeystore, makeRootWrapper} from './records.ts';
import {describeStoreMark} from './store-mark.ts';
import {describeTransferRules} from './transfer-rules.ts';
import {
  describeStore,
  expectRefusal,
  plain,
  type StoreHandles,
  type StoreSuiteOptions,
} from './store-suite.ts';
import {
  beginFilling,
  contentOf,
  fillStore,
  listAll,
  MOVE_ID,
  putAll,
  transferOf,
} from './transfer-records.ts';

/**
 * What the implementations of StoreTransfer promise.
 * @param openSource opens another empty store, of whatever kind, to move from. Default: of the same
 */
export function describeStoreTransfer({
  openSource,
  ...options
}: StoreSuiteOptions & {readonly openSource?: StoreSuiteOptions['open']}): void {
  /** Runs `body` with a store that was filled, and the one of the test. */
  const fromFilled = async (
    body: (source: StoreHandles, keystoreIds: readonly string[]) => Promise<void>,
  ): Promise<void> => {
    const source = await (openSource ?? options.open)();
    try {
      const {keystoreIds} = await fillStore(source.stores);
      await body(source, keystoreIds);
    } finally {
      await source.close();
    }
  };

  describeStore('StoreTransfer', options, (test) => {
    test('gives all that is stored, page by page, and counts it', async ({stores, other}) => {
      await fillStore(stores);
      const all = await contentOf(stores);
      expect(await contentOf(other, 1)).to.deep.equal(all);
      expect(await contentOf(other, 4)).to.deep.equal(all);
      for (const kind of TRANSFER_KINDS) {
        expect(all[kind], kind).to.have.length.greaterThan(1);
        expect(await transferOf(other).count(kind), kind).to.equal((all[kind] as unknown[]).length);
      }
    });

    test('gives keys and revocations by keystore, in order of creation', async ({stores}) => {
      const {keystoreIds} = await fillStore(stores);
      const transfer = transferOf(stores);
      const keystores = await listAll(transfer, 'keystore');
      expect(keystores.map(({config}) => config.id)).to.deep.equal(keystoreIds);
      const keys = await listAll(transfer, 'key');
      const expected = await Promise.all(
        keystoreIds.map((keystoreId) => stores.keys.listIds({keystoreId, limit: 1000})),
      );
      expect(keys.map(({record}) => record.localKeyId)).to.deep.equal(
        expected.flatMap(({results}) => results),
      );
      const revocations = await listAll(transfer, 'revocation', 2);
      const lists = await Promise.all(
        keystoreIds.map((keystoreId) => stores.revocations.list({keystoreId, limit: 1000})),
      );
      expect(revocations.map(({revocation}) => revocation)).to.deep.equal(
        lists.flatMap(({results}) => results),
      );
    });

    test('takes all that another store gives, and gives it again', ({stores, other}) =>
      fromFilled(async ({stores: source}) => {
        const transfer = await beginFilling(stores);
        await putAll(source, transfer, 3);
        expect(await contentOf(other)).to.deep.equal(await contentOf(source));
        expect(await stores.verify()).to.deep.equal([]);
      }));

    test('answers all that is asked as the other store did', ({stores: target}) =>
      fromFilled(async ({stores: source}, keystoreIds) => {
        await putAll(source, await beginFilling(target));
        for (const stores of [source, target])
          await insertKey(stores, keystoreIds[0]!, {localKeyId: 'zLast'});
        const ask = async ({keystores, keys, keyHierarchy, revocations, jobs, keyUses}: typeof source) => {
          const records = (
            await Promise.all(keystoreIds.map((keystoreId) => keys.list({keystoreId, limit: 100})))
          ).flatMap(({results}) => results.filter(({localKeyId}) => localKeyId !== 'zLast'));
          return plain({
            keystores: await Promise.all(
              [ALICE, BOB, CAROL].map((controller) => keystores.list({controller, limit: 9})),
            ),
            records,
            ids: await Promise.all(
              keystoreIds.map((keystoreId) => keys.listIds({keystoreId, limit: 100})),
            ).then((pages) => pages.map(({results}) => results)),
            named: (await keys.findByName({keystoreId: keystoreIds[1]!, name: 'key 1'}))?.localKeyId,
            uses: await Promise.all(records.map(async (id) => [...(await keyUses.find(id))].toSorted())),
            due: (await keys.listDue({at: Number.MAX_SAFE_INTEGER, limit: 100})).length,
            roots: await keyHierarchy.listRootWrappers(),
            scopes: (await keyHierarchy.listScopes({limit: 100})).results,
            revocations: await Promise.all(
              keystoreIds.map((keystoreId) => revocations.list({keystoreId, limit: 9})),
            ),
            jobs: await jobs.listNewest({limit: 9}),
          });
        };
        expect(await ask(target)).to.deep.equal(await ask(source));
        for (const scope of (await source.keyHierarchy.listScopes({limit: 100})).results) {
          const [moved, original] = [target, source].map(({keyHierarchy}) => keyHierarchy.findScope(scope));
          expect(inAnyOrder(await moved)).to.deep.equal(inAnyOrder(await original));
        }
        for (const {digest, expiresAt} of await listAll(transferOf(source), 'replay')) {
          expect(await target.replays.remember(digest, {expiresAt})).to.equal(false);
        }
      }));

    test('leaves what is there as it is', ({stores, other}) =>
      fromFilled(async ({stores: source}, [keystoreId = '']) => {
        const transfer = await beginFilling(stores);
        await putAll(source, transfer);
        await putAll(source, transferOf(other), 5);
        const content = await contentOf(source);
        const [key] = await listAll(transferOf(source), 'key');
        const {record} = key!;
        await transfer.put('key', [{record: {...record, description: 'another'}, uses: [[1, 99]]}], MOVE_ID);
        const config = {...makeKeystore(), id: keystoreId};
        await transfer.put('keystore', [{config, creator: CAROL, acknowledged: []}], MOVE_ID);
        expect(await contentOf(stores)).to.deep.equal(content);
      }));

    test('stores nothing where it is not marked as being filled by that move', ({stores, other}) =>
      fromFilled(async ({stores: source}) => {
        const transfer = transferOf(stores);
        const records = await listAll(transferOf(source), 'rootWrapper');
        await expectRefusal(transfer.put('rootWrapper', records, MOVE_ID), InvalidStateError);
        await beginFilling(other);
        await expectRefusal(transfer.put('rootWrapper', records, 'mv_another'), InvalidStateError);
        expect(await transfer.count('rootWrapper')).to.equal(0);
        await transfer.put('rootWrapper', records, MOVE_ID);
        const mark = (await transfer.readMark())!;
        await transferOf(other).replaceMark({...mark, state: 'whole'}, mark);
        await expectRefusal(transfer.put('rootWrapper', [makeRootWrapper()], MOVE_ID), InvalidStateError);
        expect(await transfer.count('rootWrapper')).to.equal(records.length);
      }));

    test('lists no more than the page holds, and refuses cursors of other lists', async ({stores}) => {
      await fillStore(stores);
      const transfer = transferOf(stores);
      for (const kind of TRANSFER_KINDS) {
        const {results, cursor} = await transfer.list(kind, {limit: 1});
        expect(results, kind).to.have.lengthOf(1);
        for (const another of TRANSFER_KINDS.filter((other) => other !== kind)) {
          await expectRefusal(transfer.list(another, {limit: 1, cursor}), MalformedRequestError);
        }
        await expectRefusal(transfer.list(kind, {limit: 1, cursor: 'e30'}), MalformedRequestError);
        await expectRefusal(transfer.list(kind, {limit: 1, cursor: '!'}), MalformedRequestError);
      }
    });

    describeTransferRules(test, fromFilled);
    describeStoreMark(test);
  });
}
