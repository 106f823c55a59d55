import {expect} from 'chai';
import {
  InvalidStateError,
  KeySequenceError,
  KeystoreSequenceError,
  NotFoundError,
} from '../../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError} from '../../../lib/storage/key-errors.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {usePostgres} from '../../support/postgres-server.ts';
import {insertRoot, makeDataKeyVersion, rotate} from '../key-hierarchy-records.ts';
import {insertKeystoreScope, macKeyVersion, materialKeyVersion} from '../keystore-scope.ts';
import {
  ALICE,
  BOB,
  changed,
  insertKey,
  insertKeystore,
  keystoreUrl,
  makeKey,
  makeKeystore,
  makeRevocation,
  next,
  resealed,
  tombstone,
} from '../records.ts';
import {expectNone, meet, succeeded, type TwoProcesses, withTwoProcesses} from './two-processes.ts';

const ROUNDS = 40;
const UNLIMITED = {maxPerKeystore: Number.MAX_SAFE_INTEGER};
const OF_ALICE = {creator: ALICE, maxPerCreator: Number.MAX_SAFE_INTEGER};

/** Rows that name what is not there, or are of another scope: there are none at any moment. */
const DANGLING = [
  'SELECT 1 FROM key_version WHERE data_key_version NOT IN (SELECT position FROM data_key_version)',
  'SELECT 1 FROM key_record WHERE mac_key_version NOT IN (SELECT position FROM data_key_version)',
  'SELECT 1 FROM keystore WHERE mac_key_version NOT IN (SELECT position FROM data_key_version)',
  'SELECT 1 FROM key_record WHERE keystore NOT IN (SELECT position FROM keystore)',
  'SELECT 1 FROM revocation WHERE keystore NOT IN (SELECT position FROM keystore)',
];

describe('PostgreSQL keystores and the key hierarchy, changed by two processes at once', function () {
  this.timeout(120_000);
  const server = usePostgres();
  const withBoth = (work: (processes: TwoProcesses) => Promise<void>) => () =>
    withTwoProcesses(server, async (processes) => {
      await work(processes);
      for (const sql of DANGLING) await expectNone(processes.client, sql);
      expect(await processes.stores.verify()).to.deep.equal([]);
    });

  /** A keystore that is authenticated under version 2, so that nothing names version 1 of its data keys. */
  async function insertKeystoreOfVersion2(stores: Stores): Promise<string> {
    const config = await insertKeystore(stores);
    await stores.keystores.update(next(config), {replaced: config, updater: ALICE});
    return config.id;
  }

  it(
    'lets a new key win, or the deletion of a version that seals it',
    withBoth(async ({stores, other}) => {
      const winners = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const id = await insertKeystoreOfVersion2(stores);
        const version = round % 2 === 0 ? materialKeyVersion(id) : macKeyVersion(id);
        const outcomes = await meet<unknown>(
          [KeyInUseError, KeyNotFoundError],
          [
            () => stores.keys.insert(makeKey(id), UNLIMITED),
            () => other.keyHierarchy.deleteDataKeyVersion(version),
          ],
        );
        expect(succeeded(outcomes)).to.have.lengthOf(1);
        winners.add('value' in outcomes[0]! ? 'key' : 'deletion');
      }
      expect(winners.size, 'both have won').to.equal(2);
    }),
  );

  it(
    'keeps a version for what is resealed, or changed, until nothing names it',
    withBoth(async ({stores, other}) => {
      for (let round = 0; round < ROUNDS; round++) {
        const id = await insertKeystoreOfVersion2(stores);
        const keys = [await insertKey(stores, id), await insertKey(other, id)];
        await meet<unknown>(
          [KeyInUseError, KeySequenceError],
          [
            () => stores.keys.replace(keys.map((key) => ({record: resealed(key), replacedSequence: 0}))),
            () =>
              other.keys.replace(
                keys.toReversed().map((key) => ({record: resealed(key), replacedSequence: 0})),
              ),
            () => other.keys.update({...changed(keys[0]!), tags: {name: 'a'}}),
            () => stores.keyHierarchy.deleteDataKeyVersion(materialKeyVersion(id)),
            () => other.keyHierarchy.deleteDataKeyVersion(macKeyVersion(id)),
          ],
        );
        const named = new Set(
          await stores.keyHierarchy.listReferenced([materialKeyVersion(id), macKeyVersion(id)]),
        );
        for (const version of [materialKeyVersion(id), macKeyVersion(id)]) {
          const attempt = stores.keyHierarchy.deleteDataKeyVersion(version);
          expect(await attempt.catch((error: unknown) => (error as Error).name)).to.be.oneOf(
            named.has(version) ? ['KeyInUseError'] : [true, false],
          );
        }
      }
    }),
  );

  it(
    'deletes a keystore with its scope, or keeps it with what is put into it',
    withBoth(async ({stores, other, client}) => {
      const winners = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const config = await insertKeystore(stores);
        const {id} = config;
        const gone = await insertKey(stores, id);
        await stores.keyUses.add({...gone, version: 1, count: 1});
        await stores.keys.update(tombstone(gone));
        const key = makeKey(id);
        const outcomes = await meet<unknown>(
          [InvalidStateError, KeyNotFoundError, KeystoreSequenceError, NotFoundError],
          [
            () => stores.keystores.delete(id, {sequence: 0}),
            () => other.keys.insert(key, UNLIMITED),
            () => other.revocations.insert(makeRevocation(id), {charge: {to: ALICE, max: 9}}),
            () => stores.revocations.deleteExpired({before: Number.MAX_SAFE_INTEGER, limit: 9}),
            () => other.keyUses.add({...gone, version: 1, count: 1}),
            () =>
              other.keyHierarchy.addKeys(id, {
                dataKeyVersions: [{...makeDataKeyVersion('krkv_unknown', 3), dataKeyId: 'kdk_unknown'}],
              }),
          ],
        );
        const isDeleted = 'value' in outcomes[0]!;
        winners.add(isDeleted ? 'deletion' : 'key');
        expect('value' in outcomes[1]!).to.equal(!isDeleted);
        expect((await other.keystores.find(id)) === undefined).to.equal(isDeleted);
        expect((await other.keyHierarchy.findScope(id)) === undefined).to.equal(isDeleted);
        expect((await other.keys.find(key)) === undefined).to.equal(isDeleted);
      }
      expect(winners.size, 'both have won').to.equal(2);
      await expectNone(client, 'SELECT 1 FROM root_key WHERE scope NOT IN (SELECT id FROM keystore)');
    }),
  );

  it(
    'deletes a keystore while its scope is pruned, and deleted',
    withBoth(async ({stores, other, client}) => {
      const {id: root} = await insertRoot(stores, {id: 'rw_of_keystores'});
      for (let round = 0; round < ROUNDS; round++) {
        const config = await insertKeystore(stores);
        const {id} = config;
        await stores.keys.update(tombstone(await insertKey(stores, id)));
        const {rootKeyVersions} = await rotate(stores, (await stores.keyHierarchy.findScope(id))!, [root]);
        const outcomes = await meet<unknown>(
          [KeyInUseError],
          [
            () => stores.keystores.delete(id, {sequence: 0}),
            () => other.keyHierarchy.deleteDataKeyVersion(macKeyVersion(id)),
            () => stores.keyHierarchy.deleteDataKeyVersion(materialKeyVersion(id)),
            () => stores.keyHierarchy.deleteRootKeyVersion(rootKeyVersions[0]!.id),
            () => other.keyHierarchy.deleteRootKeyVersion(rootKeyVersions[0]!.id),
            () => other.keyHierarchy.deleteScope(id),
          ],
        );
        expect(outcomes[0]).to.deep.equal({value: undefined});
      }
      for (const table of ['keystore', 'key_record', 'root_key', 'root_key_version', 'data_key_version']) {
        await expectNone(client, `SELECT 1 FROM ${table}`);
      }
    }),
  );

  it(
    'changes a keystore’s controller or puts a key into what it was before, never both',
    withBoth(async ({stores, other}) => {
      for (let round = 0; round < ROUNDS; round++) {
        const config = await insertKeystore(stores);
        const key = makeKey(config.id);
        const updated = next(config, {controller: BOB});
        const answered = {update: 0, key: 0};
        let order = 0;
        await meet<unknown>(
          [KeystoreSequenceError],
          [
            async () => {
              await stores.keystores.update(updated, {replaced: config, updater: ALICE});
              answered.update = ++order;
              // From now on nothing is done for the old state.
              const late = makeKey(config.id);
              const attempt = other.keys.insert(late, {...UNLIMITED, keystoreSequence: 0});
              expect(await attempt.catch((error: unknown) => error)).to.be.instanceOf(KeystoreSequenceError);
            },
            async () => {
              await other.keys.insert(key, {...UNLIMITED, keystoreSequence: 0});
              answered.key = ++order;
            },
          ],
        );
        expect(answered.update).to.be.greaterThan(0);
        expect((await stores.keys.find(key)) !== undefined).to.equal(answered.key > 0);
      }
    }),
  );

  it(
    'makes a keystore or deletes the scope that it needs, never both',
    withBoth(async ({stores, other, client}) => {
      const winners = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const id = keystoreUrl();
        await insertKeystoreScope(stores, id);
        const outcomes = await meet<unknown>(
          [KeyInUseError, KeyNotFoundError],
          [
            () => stores.keystores.insert(makeKeystore({id}), OF_ALICE),
            () => other.keyHierarchy.deleteScope(id),
          ],
        );
        expect(succeeded(outcomes)).to.have.lengthOf(1);
        winners.add('value' in outcomes[0]! ? 'keystore' : 'deletion');
      }
      expect(winners.size, 'both have won').to.equal(2);
      await expectNone(client, 'SELECT 1 FROM root_key WHERE scope NOT IN (SELECT id FROM keystore)');
    }),
  );

  it(
    'keeps the scope of a keystore into which keys are put, rotated and resealed',
    withBoth(async ({stores, other}) => {
      const {id: root} = await insertRoot(stores, {id: 'rw_of_keystores'});
      for (let round = 0; round < ROUNDS; round++) {
        const id = await insertKeystoreOfVersion2(stores);
        const key = await insertKey(stores, id);
        const record = (await stores.keyHierarchy.findScope(id))!;
        const outcomes = await meet<unknown>(
          [KeyInUseError],
          [
            () => other.keyHierarchy.deleteScope(id),
            () => stores.keys.insert(makeKey(id), UNLIMITED),
            () => other.keys.insert(makeKey(id), UNLIMITED),
            () => stores.keys.replace([{record: resealed(key), replacedSequence: 0}]),
            () => rotate(stores, record, [root]),
            () => stores.keyHierarchy.deleteScope(id),
          ],
        );
        expect(outcomes.map((outcome) => 'value' in outcome)).to.deep.equal([
          false,
          true,
          true,
          true,
          true,
          false,
        ]);
      }
    }),
  );
});
