import {expect} from 'chai';
import {DuplicateError} from '../../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../../../lib/storage/key-errors.ts';
import type {RootWrapperState, ScopeKeysRecord} from '../../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {usePostgres} from '../../support/postgres-server.ts';
import {
  insertFirstKeys,
  insertRoot,
  makeDataKeyVersion,
  makeFirstKeys,
  makeRotation,
  randomBlob,
  rotate,
} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';
import {expectNone, meet, succeeded, type TwoProcesses, withTwoProcesses} from './two-processes.ts';

const ROUNDS = 60;

/** An active root wrapper that lacks a root key version: there is none at any moment. */
const LACKING = `SELECT w.id, v.id FROM root_wrapper w CROSS JOIN root_key_version v
  WHERE w.state = 'active' AND NOT EXISTS (SELECT 1 FROM sealed_root_key_version s
    WHERE s.root_wrapper = w.position AND s.root_key_version = v.position)`;
const NO_ACTIVE_ROOT = `SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM root_wrapper WHERE state = 'active')`;

const move = (
  {keyHierarchy}: Stores,
  id: string,
  from: RootWrapperState,
  to: RootWrapperState,
): Promise<boolean> => keyHierarchy.updateRootWrapper(id, {from, to});

/** Two active root wrappers, `a` and `b`. */
async function insertTwoRoots(stores: Stores): Promise<readonly [string, string]> {
  const [a, b] = [await insertRoot(stores), makeRootWrapper()];
  await stores.keyHierarchy.insertRootWrapper(b);
  return [a.id, b.id];
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

/** Seals a scope's older versions under the newest root key version. */
async function resealAll({keyHierarchy}: Stores, scope: string): Promise<number> {
  const {rootKeyVersions, dataKeys} = (await keyHierarchy.findScope(scope))!;
  const rootKeyVersionId = rootKeyVersions.at(-1)!.id;
  const old = dataKeys
    .flatMap(({versions}) => versions)
    .filter((version) => version.rootKeyVersionId !== rootKeyVersionId);
  return keyHierarchy.resealDataKeyVersions(
    scope,
    old.map(({id, blob}) => ({id, rootKeyVersionId, blob: randomBlob(), replacedBlob: blob})),
  );
}

describe('PostgreSQL key hierarchy, changed by two processes at once', function () {
  this.timeout(120_000);
  const server = usePostgres();
  const withBoth = (work: (processes: TwoProcesses) => Promise<void>) => () => withTwoProcesses(server, work);

  it(
    'lets a reference or the deletion of its version win, never both',
    withBoth(async ({stores, other}) => {
      const {id} = await insertRoot(stores);
      const kinds = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const record = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
        const old = record.dataKeys[0]!.versions[0]!.id;
        const sealer = {blob: randomBlob(), dataKeyVersionId: old};
        const outcomes = await meet(
          [KeyInUseError, KeyNotFoundError],
          [
            () => stores.keyHierarchy.updateRootWrapper(id, {from: 'active', to: 'active', sealer}),
            () => other.keyHierarchy.deleteDataKeyVersion(old),
          ],
        );
        expect(succeeded(outcomes)).to.deep.equal([true]);
        const isNamed = 'value' in outcomes[0]!;
        kinds.add(isNamed ? 'named' : 'deleted');
        expect(await other.keyHierarchy.listReferenced([old])).to.deep.equal(isNamed ? [old] : []);
        const stored = await other.keyHierarchy.findScope(record.scope);
        expect(stored?.dataKeys[0]?.versions.some((version) => version.id === old)).to.equal(isNamed);
      }
      expect(kinds.size, 'both have won').to.equal(2);
    }),
  );

  it(
    'lets the sealing under a root key version or its deletion win, never both',
    withBoth(async ({stores, other}) => {
      const {id} = await insertRoot(stores);
      for (let round = 0; round < ROUNDS; round++) {
        const {scope} = await rotate(stores, await insertFirstKeys(stores, [id]), [id]);
        await resealAll(stores, scope);
        const {rootKeyVersions, dataKeys} = (await stores.keyHierarchy.findScope(scope))!;
        const old = rootKeyVersions[0]!.id;
        const version = {...makeDataKeyVersion(old, 3), dataKeyId: dataKeys[0]!.id};
        const outcomes = await meet<unknown>(
          [KeyInUseError, KeyNotFoundError],
          [
            () => stores.keyHierarchy.addKeys(scope, {dataKeyVersions: [version]}),
            () => other.keyHierarchy.deleteRootKeyVersion(old),
          ],
        );
        expect(succeeded(outcomes)).to.have.lengthOf(1);
      }
    }),
  );

  it(
    'keeps one of two active root wrappers that are retired at once',
    withBoth(async ({stores, other, client}) => {
      const ids = await insertTwoRoots(stores);
      await insertFirstKeys(stores, ids);
      for (let round = 0; round < ROUNDS; round++) {
        const outcomes = await meet(
          [KeyInUseError],
          [stores, other].map((handle, index) => () => move(handle, ids[index]!, 'active', 'retiring')),
        );
        expect(succeeded(outcomes)).to.deep.equal([true]);
        await expectNone(client, NO_ACTIVE_ROOT);
        for (const id of ids) await move(stores, id, 'retiring', 'active');
      }
    }),
  );

  for (const level of ['REPEATABLE READ', 'SERIALIZABLE']) {
    it(
      `keeps one of them at ${level}, too, where a transaction sees one moment`,
      withBoth(async ({stores, client}) => {
        const ids = await insertTwoRoots(stores);
        await client.query(`BEGIN ISOLATION LEVEL ${level}`);
        await client.query('SELECT * FROM root_wrapper');
        await move(stores, ids[0], 'active', 'retiring');
        const late = (async () => {
          await client.query(`UPDATE root_wrapper SET state = 'retiring' WHERE id = '${ids[1]}'`);
          await client.query('COMMIT');
        })();
        expect(await late.catch((error: unknown) => (error as {code: string}).code)).to.equal('40001');
        await client.query('ROLLBACK');
        await expectNone(client, NO_ACTIVE_ROOT);
      }),
    );
  }

  it(
    'lets the activation of a root wrapper win, or first keys that are not sealed under it',
    withBoth(async ({stores, other, client}) => {
      const [a, b] = await insertTwoRoots(stores);
      await move(stores, b, 'active', 'retiring');
      const kinds = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const keys = makeFirstKeys([a]);
        const outcomes = await meet<unknown>(
          [KeyInUseError, RootsChangedError],
          [() => move(stores, b, 'retiring', 'active'), () => other.keyHierarchy.insertScope(keys)],
        );
        expect(succeeded(outcomes)).to.have.lengthOf(1);
        await expectNone(client, LACKING);
        const isActive = 'value' in outcomes[0]!;
        kinds.add(isActive ? 'activated' : 'inserted');
        if (isActive) await move(stores, b, 'active', 'retiring');
        else await other.keyHierarchy.deleteScope(keys.scope);
      }
      expect(kinds.size, 'both have won').to.equal(2);
    }),
  );

  it(
    'has every root key version sealed under every active root wrapper, at every moment',
    withBoth(async ({stores, other, client}) => {
      const [a, b] = await insertTwoRoots(stores);
      await insertFirstKeys(stores, [a, b]);
      const refusals = [KeyInUseError, KeyNotFoundError, RootsChangedError];
      const done = {moves: 0, scopes: 0, sealed: 0};
      const insertSome = async (handle: Stores): Promise<void> => {
        const roots = (await handle.keyHierarchy.listRootWrappers()).filter(
          ({state}) => state !== 'retiring',
        );
        await handle.keyHierarchy.insertScope(makeFirstKeys(roots.map(({id}) => id)));
        done.scopes++;
      };
      const sealLacking = async (handle: Stores): Promise<void> => {
        for (const scope of await handle.keyHierarchy.listScopesLacking(b, {limit: 20})) {
          const {rootKeyVersions} = (await handle.keyHierarchy.findScope(scope))!;
          const sealed = rootKeyVersions.map(({id}) => ({rootKeyVersionId: id, blob: randomBlob()}));
          await handle.keyHierarchy.insertSealedRootKeys(b, sealed);
          done.sealed++;
        }
      };
      const unseal = async (handle: Stores): Promise<void> => {
        await handle.keyHierarchy.deleteSealedRootKeys(b, {limit: 2});
      };
      const STATES = ['adding', 'active', 'retiring'] as const;
      const moveSome = async (handle: Stores): Promise<void> => {
        const moved = await Promise.all(
          STATES.map((from) => move(handle, b, from, pick(STATES)).catch(() => false)),
        );
        done.moves += moved.filter(Boolean).length;
      };
      for (let round = 0; round < ROUNDS; round++) {
        await meet(refusals, [
          ...[insertSome, insertSome, sealLacking, moveSome].map((act) => () => act(stores)),
          ...[insertSome, sealLacking, unseal, moveSome].map((act) => () => act(other)),
          () => expectNone(client, LACKING),
        ]);
      }
      await expectNone(client, LACKING);
      await expectNone(client, NO_ACTIVE_ROOT);
      for (const count of Object.values(done)) expect(count).to.be.greaterThan(ROUNDS / 4);
    }),
  );

  it(
    'seals nothing under a root wrapper once its retirement is answered',
    withBoth(async ({stores, other, client}) => {
      const [a, b] = await insertTwoRoots(stores);
      await move(stores, b, 'active', 'retiring');
      for (let round = 0; round < ROUNDS / 3; round++) {
        const scopes = [await insertFirstKeys(stores, [a]), await insertFirstKeys(other, [a])];
        await move(stores, b, 'retiring', 'adding');
        const ids = scopes.flatMap(({rootKeyVersions}) => rootKeyVersions.map(({id}) => id));
        let atRetirement = -1;
        await meet(
          [RootsChangedError],
          [
            ...ids.map(
              (rootKeyVersionId, index) => () =>
                [stores, other][index % 2]!.keyHierarchy.insertSealedRootKeys(b, [
                  {rootKeyVersionId, blob: randomBlob()},
                ]),
            ),
            async () => {
              expect(await move(stores, b, 'adding', 'retiring')).to.equal(true);
              atRetirement = (await other.keyHierarchy.countSealed(b)).sealed;
            },
          ],
        );
        expect((await stores.keyHierarchy.countSealed(b)).sealed).to.equal(atRetirement);
      }
      await expectNone(client, LACKING);
    }),
  );

  it(
    'counts each change of a scope that several rotate, reseal and prune once',
    withBoth(async ({stores, other, client}) => {
      const {id} = await insertRoot(stores);
      const {scope} = await insertFirstKeys(stores, [id]);
      const before = await stores.keyHierarchy.readCollectionVersion();
      let changes = 0;
      const count = async (change: Promise<unknown>): Promise<void> => {
        const made = await change;
        if (made !== false && made !== 0) changes++;
      };
      const read = async (handle: Stores): Promise<ScopeKeysRecord> =>
        (await handle.keyHierarchy.findScope(scope))!;
      const rotateScope = async (handle: Stores): Promise<void> =>
        count(handle.keyHierarchy.addKeys(scope, makeRotation(await read(handle), [id])));
      const prune = async (handle: Stores): Promise<void> => {
        const {rootKeyVersions, dataKeys} = await read(handle);
        for (const {versions} of dataKeys)
          await count(handle.keyHierarchy.deleteDataKeyVersion(versions[0]!.id));
        await count(handle.keyHierarchy.deleteRootKeyVersion(rootKeyVersions[0]!.id));
      };
      for (let round = 0; round < ROUNDS; round++) {
        await meet(
          [DuplicateError, KeyInUseError, KeyNotFoundError],
          [stores, other].flatMap((handle) => [
            () => rotateScope(handle),
            () => count(resealAll(handle, scope)),
            () => prune(handle),
          ]),
        );
      }
      expect(changes).to.be.greaterThan(ROUNDS);
      expect((await stores.keyHierarchy.readCollectionVersion()) - before).to.equal(changes);
      const {rootKeyVersions, dataKeys} = await read(other);
      expect(rootKeyVersions.at(-1)!.version).to.be.greaterThan(ROUNDS / 4);
      for (const versions of [rootKeyVersions, ...dataKeys.map((dataKey) => dataKey.versions)]) {
        expect(versions.at(-1)?.version).to.equal(rootKeyVersions.at(-1)?.version);
      }
      await expectNone(client, LACKING);
    }),
  );

  it(
    'deletes a scope whole while others add to it, seal it and reseal it',
    withBoth(async ({stores, other, client}) => {
      const {id} = await insertRoot(stores);
      const {id: added} = makeRootWrapper();
      await stores.keyHierarchy.insertRootWrapper(makeRootWrapper({id: added, state: 'adding'}));
      const roots = [id, added];
      const rotateTwice = async (handle: Stores): Promise<ScopeKeysRecord> =>
        rotate(handle, await rotate(handle, await insertFirstKeys(handle, roots), roots), roots);
      for (let round = 0; round < ROUNDS; round++) {
        const scopes = await Promise.all([rotateTwice(stores), rotateTwice(other)]);
        await stores.keyHierarchy.deleteSealedRootKeys(added, {limit: 1 + (round % 4)});
        const sealed = scopes
          .flatMap(({rootKeyVersions}) => rootKeyVersions)
          .map((version) => ({rootKeyVersionId: version.id, blob: randomBlob()}));
        const [first] = scopes;
        await meet<unknown>(
          [DuplicateError, KeyNotFoundError],
          [
            () => stores.keyHierarchy.deleteScope(first.scope),
            () => other.keyHierarchy.addKeys(first.scope, makeRotation(first, roots)),
            () => stores.keyHierarchy.insertSealedRootKeys(added, sealed),
            () => other.keyHierarchy.insertSealedRootKeys(added, sealed.toReversed()),
            () => other.keyHierarchy.deleteSealedRootKeys(added, {limit: 9}),
            () => stores.keyHierarchy.deleteSealedRootKeys(added, {limit: 2}),
            () =>
              resealAll(other, first.scope).catch((error: unknown) => {
                if (!(error instanceof TypeError)) throw error;
              }),
          ],
        );
        expect(await other.keyHierarchy.findScope(first.scope)).to.equal(undefined);
        for (const {scope} of scopes) await stores.keyHierarchy.deleteScope(scope);
      }
      for (const table of [
        'root_key',
        'root_key_version',
        'sealed_root_key_version',
        'data_key',
        'data_key_version',
      ]) {
        await expectNone(client, `SELECT 1 FROM ${table}`);
      }
    }),
  );
});
