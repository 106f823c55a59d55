import {expect} from 'chai';
import {Client} from 'pg';
import {InternalError} from '../../../lib/errors.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import type {ScopeKeysRecord} from '../../../lib/storage/key-hierarchy-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {inAnyOrder, insertFirstKeys, insertRoot} from '../key-hierarchy-records.ts';
import {NOW} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

interface Damage {
  readonly what: string;
  readonly sql: string;
  readonly undo: string;
  readonly attempt: (stores: Stores, record: ScopeKeysRecord) => Promise<unknown>;
}

/** What rules and constraints forbid is written while they are not looked at. */
const unruled = (table: string, sql: string): string =>
  `ALTER TABLE ${table} DISABLE TRIGGER USER; ${sql}; ALTER TABLE ${table} ENABLE TRIGGER USER`;
const setColumn = (table: string, column: string, value: string): string =>
  unruled(table, `UPDATE ${table} SET ${column} = ${value}`);
const TOO_LARGE = String(2n ** 60n);

const DAMAGES: readonly Damage[] = [
  {
    what: 'a time of a root wrapper that is no number here',
    sql: setColumn('root_wrapper', 'created_at', TOO_LARGE),
    undo: setColumn('root_wrapper', 'created_at', '0'),
    attempt: ({keyHierarchy}) => keyHierarchy.listRootWrappers(),
  },
  {
    what: 'a time of a version that is no number here',
    sql: setColumn('data_key_version', 'created_at', TOO_LARGE),
    undo: setColumn('data_key_version', 'created_at', '0'),
    attempt: ({keyHierarchy}, {scope}) => keyHierarchy.findScope(scope),
  },
  {
    what: 'a collection version that is no number here',
    sql: setColumn('hierarchy_state', 'collection_version', TOO_LARGE),
    undo: setColumn('hierarchy_state', 'collection_version', '7'),
    attempt: ({keyHierarchy}) => keyHierarchy.readCollectionVersion(),
  },
  {
    what: 'a row of the state that is missing',
    sql: unruled('hierarchy_state', 'DELETE FROM hierarchy_state'),
    undo: unruled('hierarchy_state', 'INSERT INTO hierarchy_state VALUES (1, 1, 7)'),
    attempt: ({keyHierarchy}) => keyHierarchy.readCollectionVersion(),
  },
  {
    what: 'steps of a job that are others',
    sql: setColumn('maintenance_job', 'steps', `'["erase"]'`),
    undo: setColumn('maintenance_job', 'steps', `'["prune"]'`),
    attempt: ({jobs}) => jobs.findUnfinished(),
  },
  {
    what: 'steps of a job that are no JSON',
    sql: `ALTER TABLE maintenance_job DROP CONSTRAINT maintenance_job_steps;
      ${setColumn('maintenance_job', 'steps', `'["prune"'`)}`,
    undo: setColumn('maintenance_job', 'steps', `'["prune"]'`),
    attempt: ({jobs}) => jobs.find('job_1'),
  },
];

describe('PostgreSQL rows that are not what was written', () => {
  const databases = usePostgresDatabases();
  let url: string;
  let stores: PostgresStores;
  let client: Client;
  let record: ScopeKeysRecord;

  before(async () => {
    url = await databases.create();
    stores = await PostgresStores.open({url, maxConnections: 1});
    client = new Client(url);
    await client.connect();
    const {id} = await insertRoot(stores);
    record = await insertFirstKeys(stores, [id]);
    await stores.jobs.insert({id: 'job_1', steps: ['prune'], createdAt: NOW});
  });

  after(async () => {
    await Promise.all([stores.close(), client.end()]);
    await databases.drop(url);
  });

  for (const {what, sql, undo, attempt} of DAMAGES) {
    it(`are a defect: ${what}`, async () => {
      await attempt(stores, record);
      await client.query(sql);
      await expectRefusal(attempt(stores, record), InternalError);
      await client.query(undo);
      await attempt(stores, record);
    });
  }

  it('change nothing where the change cannot be counted', async () => {
    const {id} = (await stores.keyHierarchy.listRootWrappers())[0]!;
    await client.query(unruled('hierarchy_state', 'DELETE FROM hierarchy_state'));
    await expectRefusal(insertFirstKeys(stores, [id], {scope: 'uncounted'}), InternalError);
    await expectRefusal(stores.keyHierarchy.deleteScope(record.scope), InternalError);
    await client.query(unruled('hierarchy_state', 'INSERT INTO hierarchy_state VALUES (1, 1, 7)'));
    expect(await stores.keyHierarchy.findScope('uncounted')).to.equal(undefined);
    await insertFirstKeys(stores, [id], {scope: 'uncounted'});
    expect(await stores.keyHierarchy.readCollectionVersion()).to.equal(8);
    const stored = inAnyOrder(await stores.keyHierarchy.findScope(record.scope)) as object;
    expect(stored).to.have.property('rootKeyId', record.rootKeyId);
  });
});
