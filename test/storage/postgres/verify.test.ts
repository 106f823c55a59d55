import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {ALICE, insertKey, insertKeystore, makeRevocation, tombstone} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

/** Behind the back of every rule of the database. */
const UNRULED = 'SET session_replication_role = replica; ';

const AMCHECK = 'CREATE EXTENSION amcheck; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO webkms';

interface Damage {
  readonly what: string;
  readonly sql: string;
  readonly found: RegExp;
}

const DAMAGES: readonly Damage[] = [
  {
    what: 'a reference to a row that is gone',
    sql: `${UNRULED}DELETE FROM data_key_version WHERE position = (SELECT max(mac_key_version) FROM key_record)`,
    found:
      /^A row of key_record refers to a row of data_key_version that is not there \(mac_key_version \d+\)\.$/,
  },
  {
    what: 'a version that is gone',
    sql: `${UNRULED}DELETE FROM key_version WHERE version = 1 AND key = (SELECT min(position) FROM key_record)`,
    found: /^Key \S+ of keystore \S+ has no version\.$/,
  },
  {
    what: 'a key that is authenticated with another keystore’s key',
    sql: `${UNRULED}UPDATE key_record SET mac_key_version = (SELECT max(mac_key_version) FROM keystore)
          WHERE position = (SELECT min(position) FROM key_record)`,
    found: /^Key \S+ of keystore \S+ is authenticated with a key of another scope\.$/,
  },
  {
    what: 'a deleted key that has material again',
    sql: `${UNRULED}UPDATE key_version SET state = 'enabled', material = '\\x01'
          WHERE key = (SELECT position FROM key_record WHERE state = 'deleted')`,
    found: /^Key \S+ of keystore \S+ is deleted, and has material\.$/,
  },
  {
    what: 'a keystore that is not listed for its controller',
    sql: 'DELETE FROM keystore_controller WHERE keystore = (SELECT min(position) FROM keystore)',
    found: /^Keystore \S+ is not listed for its controller did:key:z6MkAlice\.$/,
  },
  {
    what: 'a row that a constraint forbids',
    sql: `ALTER TABLE revocation DROP CONSTRAINT revocation_identity;
          ALTER TABLE revocation DISABLE TRIGGER USER; UPDATE revocation SET delegator = 'did:key:z6MkBob';
          ALTER TABLE revocation ENABLE TRIGGER USER`,
    found: /^A row of revocation does not meet its constraint revocation_identity\.$/,
  },
  {
    what: 'a trigger that is disabled',
    sql: 'ALTER TABLE key_version DISABLE TRIGGER key_version_kept',
    found: /^The schema is not this release's: the trigger key_version_kept is another\.$/,
  },
  {
    what: 'an index that is missing',
    sql: 'DROP INDEX key_record_due_at',
    found: /^The schema is not this release's: the index key_record_due_at is missing\.$/,
  },
  {
    what: 'a table that is missing',
    sql: 'DROP TABLE replay',
    found: /^The database cannot be read: relation "replay" does not exist\.$/,
  },
];

describe('PostgresStores verify', function () {
  this.timeout(60_000);
  const databases = usePostgresDatabases();
  const {server} = databases;
  let url: string;
  let stores: PostgresStores;

  beforeEach(async () => {
    url = await databases.create();
    stores = await PostgresStores.open({url});
    const {id} = await insertKeystore(stores, {controller: [ALICE]});
    await insertKeystore(stores);
    await insertKey(stores, id, {tags: {name: 'a name'}, policy: {exportable: true}});
    await stores.keys.update(tombstone(await insertKey(stores, id)));
    await stores.revocations.insert(makeRevocation(id), {});
  });
  afterEach(async () => {
    await stores.close();
    await databases.drop(url);
  });

  it('finds nothing where all is well, also with amcheck', async () => {
    expect(await stores.verify()).to.deep.equal([]);
    await server.query(AMCHECK, url);
    expect(await stores.verify()).to.deep.equal([]);
  });

  for (const {what, sql, found} of DAMAGES) {
    it(`finds ${what}`, async () => {
      await server.query(sql, url);
      const sentences = await stores.verify();
      expect(
        sentences.filter((sentence) => found.test(sentence)),
        sentences.join('\n'),
      ).to.not.have.lengthOf(0);
    });
  }

  it('finds an index that lacks a row, where the extension amcheck is there', async () => {
    const isWritten = (written: boolean): string =>
      `UPDATE pg_index SET indisready = ${written} WHERE indexrelid = 'revocation_expires_at'::regclass`;
    await server.query(isWritten(false), url);
    const {results} = await stores.keystores.list({controller: ALICE, limit: 1});
    await stores.revocations.insert(makeRevocation(results[0]!.id), {});
    await server.query(isWritten(true), url);
    expect(await stores.verify()).to.deep.equal([]);
    await server.query(AMCHECK, url);
    const [sentence, ...others] = await stores.verify();
    expect(sentence).to.match(/^The database cannot be read: .*revocation_expires_at/);
    expect(others).to.have.lengthOf(0);
  });

  it('is given up when the store is closed, and refused afterwards', async () => {
    const verification = stores.verify().catch((error: unknown) => error);
    await stores.close();
    const outcome = await verification;
    if (!Array.isArray(outcome)) expect(outcome).to.be.instanceOf(UnavailableError);
    await expectRefusal(stores.verify(), UnavailableError);
  });
});
