import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {fillStore} from '../storage/transfer-records.ts';
import {migrate} from './migrate-command.ts';

/** Of the key at position 3, the keystore at position 2, and so on: what nothing but damage makes. */
const DAMAGES = [
  [
    'a key that lacks a version',
    ['DROP TRIGGER key_version_kept', 'DELETE FROM key_version WHERE key = 2 AND version = 2'],
    /refuses key z\S+ of keystore \S+: /,
  ],
  [
    'a key whose MAC names nothing',
    ['UPDATE key_record SET mac_key_version = 9999 WHERE position = 3'],
    /is damaged: one of 100 records of the kind key/,
  ],
  [
    'a policy that is no JSON as it was written',
    [`UPDATE key_record SET policy = '{ }' WHERE position = 2`],
    /is damaged: one of 100 records of the kind key/,
  ],
  [
    'a root key that one root of trust does not open',
    [
      'DROP TRIGGER sealed_root_key_version_kept',
      'DELETE FROM sealed_root_key_version WHERE root_key_version = 5 AND root_wrapper = 2',
    ],
    /refuses the keys of scope \S+: /,
  ],
] as const;

describe('webkms admin migrate of a damaged store', function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-moving-'));
  });
  afterEach(() => rm(directory, {recursive: true}));

  for (const [what, statements, message] of DAMAGES) {
    it(`names ${what}, and can be given up`, async () => {
      const [from, to] = ['a.db', 'b.db'].map((name) => join(directory, name)) as [string, string];
      const stores = await SqliteStores.open({path: from});
      await fillStore(stores);
      await stores.close();
      const db = new Database(from);
      db.pragma('foreign_keys = OFF');
      for (const statement of statements) expect(db.prepare(statement).run().changes).to.be.at.most(1);
      db.close();
      const dataDir = join(directory, 'data');
      const args = ['--from', `sqlite:${from}`, '--to', `sqlite:${to}`];
      for (let attempts = 0; attempts < 2; attempts++) {
        const outcome = await migrate(dataDir, args);
        expect(outcome.err).to.match(message);
        expect(outcome.status).to.equal(1);
      }
      const cancelled = await migrate(dataDir, ['--cancel', '--from', `sqlite:${from}`, '--json']);
      expect(JSON.parse(cancelled.out)).to.deep.equal({from: `sqlite:${from}`, to: `sqlite:${to}`});
    });
  }
});
