import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {InvalidStateError, KeystoreSequenceError, NotFoundError} from '../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../../lib/storage/key-errors.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {
  insertFirstKeys,
  insertRoot,
  makeDataKeyVersion,
  makeFirstKeys,
  makeRootKeyVersion,
  randomBlob,
  rotate,
} from './key-hierarchy-records.ts';
import {insertKeystoreScope, makeAuthentication, materialKeyVersion} from './keystore-scope.ts';
import {
  ALICE,
  BOB,
  changed,
  insertKey,
  insertKeystore,
  makeKey,
  makeKeystore,
  makeRootWrapper,
  makeRevocation,
  next,
  NOW,
  resealed,
} from './records.ts';
import {
  describeStore,
  type ErrorClass,
  type StoreHandles,
  type StoreSuiteOptions,
  type StoreTest,
} from './store-suite.ts';

const ROUNDS = process.env['WEBKMS_TEST_LONG'] === '1' ? 60 : 8;
const QUOTA = {maxPerKeystore: 1000};
const NO_QUOTA = {creator: ALICE, maxPerCreator: 100_000};

interface Racer {
  readonly run: (stores: Stores) => Promise<unknown>;
  /** How it may lose. */
  readonly refusals: readonly ErrorClass[];
}

/** Runs both at the same time, by both handles, now one first and now the other. @returns whether each succeeded */
async function raceBoth(
  {stores, other}: StoreHandles,
  round: number,
  racers: readonly [Racer, Racer],
): Promise<readonly [boolean, boolean]> {
  const [a, b] = round % 2 === 0 ? [stores, other] : [other, stores];
  const order = round % 4 < 2 ? [0, 1] : [1, 0];
  const attempts: Promise<unknown>[] = [];
  for (const index of order) attempts[index] = racers[index]!.run(index === 0 ? a : b);
  const outcomes = await Promise.allSettled(attempts);
  const won = outcomes.map((outcome, index) => {
    if (outcome.status === 'fulfilled') return outcome.value !== false;
    const isRefusal = racers[index]!.refusals.some((type) => outcome.reason instanceof type);
    if (!isRefusal) throw outcome.reason;
    return false;
  });
  return won as [boolean, boolean];
}

/** Writes of different kinds of which one makes the other impossible: never are both made, whoever comes first. */
export function describeStoreRaces(options: StoreSuiteOptions): void {
  describeStore('races of unlike writes', options, (test) => {
    testKeystoreEnd(test);
    testReferences(test);
    testAuthority(test);
    testRoots(test);
    testCounts(test);
  });
}

/** `prepare` gives two of which one at most may succeed. */
function testExclusive(
  test: StoreTest,
  title: string,
  prepare: (stores: Stores) => Promise<readonly [Racer, Racer]>,
  tidy?: (stores: Stores) => Promise<void>,
): void {
  test(title, async (handles) => {
    for (const index of [0, 1] as const) {
      expect(await (await prepare(handles.stores))[index].run(handles.other), 'alone').not.to.equal(false);
      await tidy?.(handles.stores);
    }
    for (let round = 0; round < ROUNDS; round++) {
      const racers = await prepare(handles.stores);
      const [first, second] = await raceBoth(handles, round, racers);
      expect(first && second, 'both were made').to.equal(false);
      await tidy?.(handles.stores);
    }
  });
}

/** The roots that there are, one at least. */
async function anyRoots(stores: Stores): Promise<readonly string[]> {
  await insertRoot(stores);
  return (await stores.keyHierarchy.listRootWrappers()).map(({id}) => id);
}

interface Barrier {
  /** What nothing that depends on its opposite may outlive. */
  readonly change: Racer;
  readonly late: Racer;
  /** Whether what `late` does can be seen. */
  readonly look: (stores: Stores) => Promise<boolean>;
  readonly tidy?: (stores: Stores) => Promise<unknown>;
}

/** What could not be seen when `change` was answered never comes. */
function testBarrier(test: StoreTest, title: string, prepare: (stores: Stores) => Promise<Barrier>): void {
  test(title, async (handles) => {
    const alone = await prepare(handles.stores);
    await alone.late.run(handles.other);
    expect(await alone.look(handles.stores), 'alone').to.equal(true);
    expect(await alone.change.run(handles.other), 'after it').not.to.equal(false);
    await alone.tidy?.(handles.stores);
    for (let round = 0; round < ROUNDS; round++) {
      const {change, late, look, tidy} = await prepare(handles.stores);
      let wasSeen: boolean | undefined;
      const changing: Racer = {
        ...change,
        run: async (stores) => {
          const changed = await change.run(stores);
          wasSeen = await look(stores);
          return changed;
        },
      };
      await raceBoth(handles, round, [changing, late]);
      if (wasSeen === false) expect(await look(handles.other), 'seen afterwards').to.equal(false);
      await tidy?.(handles.stores);
    }
  });
}

function testKeystoreEnd(test: StoreTest): void {
  const remove = (id: string): Racer => ({
    run: ({keystores}) => keystores.delete(id, {sequence: 0}),
    refusals: [InvalidStateError, KeystoreSequenceError],
  });

  testExclusive(test, 'a keystore is deleted, or gets a key', async (stores) => {
    const {id} = await insertKeystore(stores);
    const key = makeKey(id);
    return [
      remove(id),
      {run: ({keys}) => keys.insert(key, QUOTA), refusals: [NotFoundError, KeyNotFoundError]},
    ];
  });

  testExclusive(test, 'a keystore is deleted, or changed', async (stores) => {
    const replaced = await insertKeystore(stores);
    const config = next(replaced, {controller: BOB});
    return [
      remove(replaced.id),
      {
        run: ({keystores}) => keystores.update(config, {replaced, updater: ALICE}),
        refusals: [KeystoreSequenceError],
      },
    ];
  });

  testExclusive(test, 'a keystore’s keys are deleted, or it is made', async (stores) => {
    const config = makeKeystore();
    await insertKeystoreScope(stores, config.id);
    return [
      {run: ({keyHierarchy}) => keyHierarchy.deleteScope(config.id), refusals: [KeyInUseError]},
      {run: ({keystores}) => keystores.insert(config, NO_QUOTA), refusals: [KeyNotFoundError]},
    ];
  });
}

function testReferences(test: StoreTest): void {
  const remove = (id: string): Racer => ({
    run: ({keyHierarchy}) => keyHierarchy.deleteDataKeyVersion(id),
    refusals: [KeyInUseError],
  });

  testExclusive(test, 'a data key version is deleted, or a new key names it', async (stores) => {
    const {id} = await insertKeystore(stores);
    const key = makeKey(id);
    return [
      remove(materialKeyVersion(id)),
      {run: ({keys}) => keys.insert(key, QUOTA), refusals: [KeyNotFoundError]},
    ];
  });

  testExclusive(test, 'a data key version is deleted, or a key’s next version names it', async (stores) => {
    const {id} = await insertKeystore(stores);
    // All else is under the second version.
    const first = await insertKey(stores, id);
    const under2 = resealed(first);
    await stores.keys.replace([{record: under2, replacedSequence: 0}]);
    const [version] = under2.versions;
    const added = {...version!, version: 2, publicKey: randomBlob(), material: randomBlob()};
    const record = {
      ...changed(under2, {
        versions: [version!, {...added, dataKeyVersionId: materialKeyVersion(id, 1)}],
      }),
      authentication: makeAuthentication(id, 2),
    };
    return [
      remove(materialKeyVersion(id, 1)),
      {run: ({keys}) => keys.update(record), refusals: [KeyNotFoundError]},
    ];
  });

  testExclusive(test, 'a data key version is deleted, or a keystore’s MAC names it', async (stores) => {
    const inserted = await insertKeystore(stores);
    const old = inserted.authentication.dataKeyVersionId;
    const replaced = {...inserted, authentication: makeAuthentication(inserted.id, 2)};
    await stores.keystores.replaceAuthentication(inserted, replaced.authentication);
    const config = {...next(replaced), authentication: makeAuthentication(inserted.id, 1)};
    return [
      remove(old),
      {
        run: ({keystores}) => keystores.update(config, {replaced, updater: ALICE}),
        refusals: [KeyNotFoundError],
      },
    ];
  });

  testExclusive(test, 'a data key version is deleted, or a root’s sealer names it', async (stores) => {
    const {id} = await insertKeystore(stores);
    const dataKeyVersionId = materialKeyVersion(id);
    const [root] = await stores.keyHierarchy.listRootWrappers();
    const sealer = {blob: randomBlob(), dataKeyVersionId};
    return [
      remove(dataKeyVersionId),
      {
        run: ({keyHierarchy}) =>
          keyHierarchy.updateRootWrapper(root!.id, {from: 'active', to: 'active', sealer}),
        refusals: [KeyNotFoundError],
      },
    ];
  });

  testExclusive(
    test,
    'a root key version is deleted, or a data key version is sealed under it',
    async (stores) => {
      const roots = await anyRoots(stores);
      const first = await insertFirstKeys(stores, roots);
      const middle = makeRootKeyVersion(roots, 2);
      await stores.keyHierarchy.addKeys(first.scope, {rootKeyVersion: middle});
      await stores.keyHierarchy.addKeys(first.scope, {rootKeyVersion: makeRootKeyVersion(roots, 3)});
      const added = {...makeDataKeyVersion(middle.id, 2), dataKeyId: first.dataKeys[0]!.id};
      return [
        {run: ({keyHierarchy}) => keyHierarchy.deleteRootKeyVersion(middle.id), refusals: [KeyInUseError]},
        {
          run: ({keyHierarchy}) => keyHierarchy.addKeys(first.scope, {dataKeyVersions: [added]}),
          refusals: [KeyNotFoundError],
        },
      ];
    },
  );
}

function testAuthority(test: StoreTest): void {
  const transfer = (replaced: Awaited<ReturnType<typeof insertKeystore>>): Racer => ({
    run: ({keystores}) => keystores.update(next(replaced, {controller: BOB}), {replaced, updater: ALICE}),
    refusals: [],
  });

  testBarrier(
    test,
    'a keystore changes hands: no key of the former controller comes later',
    async (stores) => {
      const keystore = await insertKeystore(stores);
      const key = makeKey(keystore.id);
      return {
        change: transfer(keystore),
        late: {
          run: ({keys}) => keys.insert(key, {...QUOTA, keystoreSequence: 0}),
          refusals: [KeystoreSequenceError],
        },
        look: async ({keys}) => (await keys.find(key)) !== undefined,
      };
    },
  );

  testBarrier(
    test,
    'a keystore changes hands: no change of the former controller comes later',
    async (stores) => {
      const keystore = await insertKeystore(stores);
      const key = changed(await insertKey(stores, keystore.id), {state: 'disabled'});
      return {
        change: transfer(keystore),
        late: {run: ({keys}) => keys.update(key, {keystoreSequence: 0}), refusals: [KeystoreSequenceError]},
        look: async ({keys}) => (await keys.find(key))?.sequence === 1,
      };
    },
  );

  testBarrier(test, 'a scope is deleted: no version of its keys comes later', async (stores) => {
    const roots = await anyRoots(stores);
    const record = await insertFirstKeys(stores, roots);
    return {
      change: {run: ({keyHierarchy}) => keyHierarchy.deleteScope(record.scope), refusals: []},
      late: {run: (handle) => rotate(handle, record, roots), refusals: [KeyNotFoundError]},
      look: async ({keyHierarchy}) => (await keyHierarchy.findScope(record.scope)) !== undefined,
    };
  });

  testBarrier(test, 'a job goes to another: no progress of who had it comes later', async (stores) => {
    const id = `job_${makeRootWrapper().id}`;
    await stores.jobs.insert({id, steps: ['rewrap'], createdAt: NOW});
    await stores.jobs.acquire(id, {holder: 'a', now: NOW, expiresAt: NOW + 1});
    return {
      change: {
        run: ({jobs}) => jobs.acquire(id, {holder: 'b', now: NOW + 1, expiresAt: NOW + 2}),
        refusals: [],
      },
      late: {run: ({jobs}) => jobs.saveProgress(id, {holder: 'a', progress: 'late'}), refusals: []},
      look: async ({jobs}) => (await jobs.find(id))?.progress === 'late',
      tidy: ({jobs}) => jobs.finish(id, {holder: 'b', finishedAt: NOW + 2}),
    };
  });
}

/** One more root, that all there is is sealed under. */
async function addSealedRoot({keyHierarchy}: Stores): Promise<string> {
  const {id} = makeRootWrapper();
  await keyHierarchy.insertRootWrapper(makeRootWrapper({id, state: 'adding'}));
  for (const scope of await keyHierarchy.listScopesLacking(id, {limit: 1000})) {
    const {rootKeyVersions} = (await keyHierarchy.findScope(scope))!;
    const sealed = rootKeyVersions.map((version) => ({rootKeyVersionId: version.id, blob: randomBlob()}));
    await keyHierarchy.insertSealedRootKeys(id, sealed);
  }
  return id;
}

async function removeRoot({keyHierarchy}: Stores, id: string): Promise<void> {
  while ((await keyHierarchy.deleteSealedRootKeys(id, {limit: 1000})) > 0);
  await keyHierarchy.deleteRootWrapper(id);
}

function testRoots(test: StoreTest): void {
  const insertScope = (record: ReturnType<typeof makeFirstKeys>): Racer => ({
    run: ({keyHierarchy}) => keyHierarchy.insertScope(record),
    refusals: [RootsChangedError],
  });
  const scopeSeen =
    (scope: string) =>
    async ({keyHierarchy}: Stores): Promise<boolean> =>
      (await keyHierarchy.findScope(scope)) !== undefined;

  testBarrier(test, 'a root is retired: nothing that is sealed under it comes later', async (stores) => {
    const first = await anyRoots(stores);
    await insertFirstKeys(stores, first);
    const second = await addSealedRoot(stores);
    await stores.keyHierarchy.updateRootWrapper(second, {from: 'adding', to: 'active'});
    const record = makeFirstKeys([...first, second]);
    return {
      change: {
        run: ({keyHierarchy}) => keyHierarchy.updateRootWrapper(second, {from: 'active', to: 'retiring'}),
        refusals: [],
      },
      late: insertScope(record),
      look: scopeSeen(record.scope),
      tidy: (stores) => removeRoot(stores, second),
    };
  });

  testBarrier(test, 'a root is added: nothing that is not sealed under it comes later', async (stores) => {
    const first = await anyRoots(stores);
    await insertFirstKeys(stores, first);
    const second = makeRootWrapper({state: 'adding'});
    const record = makeFirstKeys(first);
    return {
      change: {run: ({keyHierarchy}) => keyHierarchy.insertRootWrapper(second), refusals: []},
      late: insertScope(record),
      look: scopeSeen(record.scope),
      tidy: (stores) => removeRoot(stores, second.id),
    };
  });

  testExclusive(
    test,
    'a root is deleted, or a root key is sealed under it',
    async (stores) => {
      const {rootKeyVersions} = await insertFirstKeys(stores, (await anyRoots(stores)).slice(0, 1));
      const second = makeRootWrapper({state: 'adding'});
      await stores.keyHierarchy.insertRootWrapper(second);
      const sealed = rootKeyVersions.map(({id}) => ({rootKeyVersionId: id, blob: randomBlob()}));
      return [
        {run: ({keyHierarchy}) => keyHierarchy.deleteRootWrapper(second.id), refusals: [KeyInUseError]},
        {
          run: ({keyHierarchy}) => keyHierarchy.insertSealedRootKeys(second.id, sealed),
          refusals: [KeyNotFoundError],
        },
      ];
    },
    async (stores) => {
      for (const {id, state} of await stores.keyHierarchy.listRootWrappers()) {
        if (state === 'adding') await removeRoot(stores, id);
      }
    },
  );
}

function testCounts(test: StoreTest): void {
  test('what has expired is forgotten, and counted, once', async (handles) => {
    const {stores, other} = handles;
    const {id} = await insertKeystore(stores);
    for (let count = 0; count < 10; count++) {
      await stores.revocations.insert(makeRevocation(id, {expiresAt: NOW}), {});
      await stores.replays.remember(randomBytes(32), {expiresAt: NOW});
    }
    for (const kind of ['revocations', 'replays'] as const) {
      const forget = (handle: Stores) => handle[kind].deleteExpired({before: NOW + 1, limit: 100});
      const counts = await Promise.all([stores, other, stores, other].map(forget));
      expect(counts.reduce((sum, count) => sum + count, 0)).to.equal(10);
    }
  });
}
