import {expect} from 'chai';
import {KeystoreSequenceError} from '../../../lib/errors.ts';
import {Documents, type Place} from '../../../lib/storage/mongodb/documents.ts';
import {isAbsent} from '../../../lib/storage/mongodb/guard-document.ts';
import {GuardedWrites} from '../../../lib/storage/mongodb/guarded-write.ts';
import type {MongodbConnection, Reading} from '../../../lib/storage/mongodb/mongodb-connection.ts';
import {expectRefusal} from '../store-suite.ts';
import {ModelDatabase} from './model-database.ts';

const GUARD: Place = {collection: 'keystore', _id: 'guard'};
const KEY: Place = {collection: 'key', _id: 'guard/keys/1', keystoreId: 'guard'};

const guardedWrites = (connection: MongodbConnection): GuardedWrites =>
  new GuardedWrites({documents: new Documents(connection), timeoutMs: 60_000});

/** Writes the key only while the guard's sequence is 1; `beforeWriting` when that was judged, the first time. */
function insertKey(connection: MongodbConnection, beforeWriting: () => Promise<void>): Promise<void> {
  let isFirst = true;
  return guardedWrites(connection).run('insert key', async (attempt) => {
    const {target} = await attempt.reserve(KEY);
    const guard = await attempt.register(GUARD, {targets: [target]});
    if (guard?.['sequence'] !== 1) throw new KeystoreSequenceError('It was changed.');
    if (isFirst) await beforeWriting();
    isFirst = false;
    await attempt.commit(target, {$set: {position: 1}});
  });
}

const change = (connection: MongodbConnection): Promise<void> =>
  guardedWrites(connection).run('change', async (attempt) => {
    const {document, target} = (await attempt.read(GUARD))!;
    await attempt.fence(document);
    await attempt.commit(target, {$set: {sequence: 2}});
  });

async function open(): Promise<{database: ModelDatabase; keys: () => number}> {
  const database = new ModelDatabase();
  await new Documents(database.connect()).insert(GUARD, {revision: 'first', sequence: 1});
  const keys = (): number => database.documents('key').filter((key) => !isAbsent(key)).length;
  return {database, keys};
}

/** A connection on which the first command of that name gets to a primary that was replaced, and knows of no such document. */
function throughStalePrimary(database: ModelDatabase, command: 'remove' | 'update'): MongodbConnection {
  const connection = database.connect();
  let isStale = true;
  return Object.assign(Object.create(connection) as MongodbConnection, {
    [command]: async (...parameters: Parameters<MongodbConnection['update']>): Promise<boolean> => {
      if (!isStale || parameters[0] !== KEY.collection) return connection[command](...parameters);
      isStale = false;
      return false;
    },
  });
}

describe('MongoDB: a primary that was replaced, and does not know it', () => {
  it('does not make believe that a writer is fenced who inserts', async () => {
    const {database, keys} = await open();
    const inserted = insertKey(database.connect(), () => change(throughStalePrimary(database, 'remove')));
    await expectRefusal(inserted, KeystoreSequenceError);
    expect(keys()).to.equal(0);
  });

  it('does not make believe that a writer is fenced who updates', async () => {
    const {database, keys} = await open();
    await new Documents(database.connect()).insert(KEY, {revision: 'of the key'});
    const updated = insertKey(database.connect(), () => change(throughStalePrimary(database, 'update')));
    await expectRefusal(updated, KeystoreSequenceError);
    expect(keys()).to.equal(1);
    expect(database.documents('key')[0]).to.not.have.property('position');
  });

  it('does not have that written which it alone had, and which others get later', async () => {
    const {database, keys} = await open();
    const connection = database.connect();
    const placeholder = {placeholder: true, placeholderAt: new Date(0), revision: 'of another writer'};
    let isStale = true;
    const stale = Object.assign(Object.create(connection) as MongodbConnection, {
      findOne: async (...parameters: Parameters<MongodbConnection['findOne']>) => {
        const [name, , {reading}] = parameters as unknown as [string, object, {reading: Reading}];
        if (isStale && name === KEY.collection && reading === 'current')
          return {_id: KEY._id, ...placeholder};
        return connection.findOne(...parameters);
      },
    });
    const inserted = insertKey(stale, async () => {
      isStale = false;
      await change(database.connect());
      // The driver of the other writer repeats what was rolled back.
      await new Documents(database.connect()).insert(KEY, placeholder);
    });
    await expectRefusal(inserted, KeystoreSequenceError);
    expect(keys()).to.equal(0);
  });

  it('hinders nobody where nothing was changed', async () => {
    const {database, keys} = await open();
    await insertKey(database.connect(), () => Promise.resolve());
    expect(keys()).to.equal(1);
  });
});
