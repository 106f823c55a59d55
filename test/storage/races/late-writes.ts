import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {KeystoreSequenceError} from '../../../lib/errors.ts';
import {KeyNotFoundError} from '../../../lib/storage/key-errors.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {insertFirstKeys, rotate} from '../key-hierarchy-records.ts';
import {
  ALICE,
  BOB,
  changed,
  insertKey,
  insertKeystore,
  makeKey,
  makeRootWrapper,
  makeRevocation,
  next,
  NOW,
} from '../records.ts';
import {testBarrier, type Racer, anyRoots} from './race-both.ts';
import type {StoreTest} from '../store-suite.ts';

const QUOTA = {maxPerKeystore: 1000};

export function testLateWrites(test: StoreTest): void {
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

export function testCounts(test: StoreTest): void {
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
