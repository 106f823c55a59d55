import {expect} from 'chai';
import {codeOf, withRows} from './schema-rows.ts';

const [CHECK, TRIGGER] = ['SQLITE_CONSTRAINT_CHECK', 'SQLITE_CONSTRAINT_TRIGGER'];
const KEY = '(SELECT min(position) FROM key_record)';
const record = (set: string): string => `UPDATE key_record SET ${set} WHERE position = ${KEY}`;
const version = (set: string): string => `UPDATE key_version SET ${set} WHERE key = ${KEY}`;
const DELETION = `deletion_requested_at = 1, destroy_at = 2, restores_to = 'enabled'`;
const PENDING = record(`state = 'pendingDeletion', ${DELETION}`);
const DESTROYED = version(`state = 'destroyed', material = NULL, data_key_version = NULL`);
const DELETED = record(`state = 'deleted', ${DELETION}, tags = NULL, due_at = NULL`);

interface Rule {
  readonly what: string;
  readonly first?: readonly string[];
  readonly refused: Readonly<Record<string, string>>;
  readonly accepted: readonly string[];
}

const RULES: readonly Rule[] = [
  {
    what: 'the states of a key',
    refused: {
      [record(`state = 'active'`)]: CHECK,
      [record(`state = ''`)]: CHECK,
      [record(`state = 'pendingDeletion'`)]: CHECK,
      [record(DELETION)]: CHECK,
      [record(`state = 'pendingDeletion', destroy_at = 2, restores_to = 'enabled'`)]: CHECK,
      [record(`state = 'pendingDeletion', deletion_requested_at = 1, destroy_at = 2`)]: CHECK,
      [record(`state = 'pendingDeletion', ${DELETION.replace('enabled', 'deleted')}`)]: CHECK,
      [record(`origin = 'imported'`)]: TRIGGER,
      [record(`key_ops = '["sign"]'`)]: TRIGGER,
    },
    accepted: [
      record(`state = 'disabled'`),
      PENDING,
      record(
        `state = 'enabled', deletion_requested_at = NULL, destroy_at = NULL, restores_to = NULL, updated_at = 3`,
      ),
    ],
  },
  {
    what: 'JSON',
    refused: {
      [record(`tags = '{}'`)]: CHECK,
      [record(`tags = '["name"]'`)]: CHECK,
      [record(`tags = '{"name":1}'`)]: CHECK,
      [record(`policy = 'null'`)]: CHECK,
      [version(`certificates = '[]'`)]: CHECK,
      [version(`certificates = '{}'`)]: CHECK,
      // What is no JSON at all.
      [record(`tags = '{'`)]: 'SQLITE_ERROR',
      [record(`policy = '{'`)]: 'SQLITE_ERROR',
      [version(`certificates = '['`)]: 'SQLITE_ERROR',
    },
    accepted: [
      record(`tags = '{"a":"b"}'`),
      record(`tags = '{"name":"n"}'`),
      record(`policy = '{}'`),
      version(`certificates = '["MAA"]'`),
    ],
  },
  {
    what: 'names, which are unique in a keystore',
    first: [
      `INSERT INTO key_record (keystore, local_id, sequence, type, created_at, updated_at, origin, state, mac, mac_key_version)
       SELECT keystore, 'second', 0, type, 0, 0, origin, state, mac, mac_key_version FROM key_record WHERE position = ${KEY}`,
      record(`tags = '{"name":"n"}'`),
    ],
    refused: {
      [`UPDATE key_record SET tags = '{"name":"n"}' WHERE local_id = 'second'`]: 'SQLITE_CONSTRAINT_UNIQUE',
    },
    accepted: [
      `UPDATE key_record SET tags = '{"name":"m"}' WHERE local_id = 'second'`,
      `UPDATE key_record SET tags = '{"name":"n"}' WHERE keystore <> (SELECT min(keystore) FROM key_record)`,
    ],
  },
  {
    what: 'versions, which have material or are destroyed',
    refused: {
      [version('material = NULL, data_key_version = NULL')]: CHECK,
      [version(`state = 'destroyed'`)]: CHECK,
      [version(`state = 'destroyed', material = NULL`)]: CHECK,
      [version(`material = x''`)]: CHECK,
      [version(`state = 'retired'`)]: CHECK,
      [`DELETE FROM key_version WHERE key = ${KEY}`]: TRIGGER,
    },
    accepted: [version(`state = 'disabled'`), version('data_key_version = NULL'), DESTROYED],
  },
  {
    what: 'numbers of versions, which have no gap',
    refused: Object.fromEntries(
      [0, 1, 3].map((number) => [
        `INSERT INTO key_version (key, version, created_at, state, material) VALUES (${KEY}, ${number}, 0, 'enabled', x'01')`,
        TRIGGER,
      ]),
    ),
    accepted: [
      `INSERT INTO key_version (key, version, created_at, state, material) VALUES (${KEY}, 2, 0, 'enabled', x'01')`,
    ],
  },
  {
    what: 'what is destroyed, which stays so',
    first: [DESTROYED],
    refused: {
      [version(`state = 'enabled', material = x'01'`)]: TRIGGER,
      [version(`state = 'disabled', material = x'01'`)]: TRIGGER,
      [version(`material = x'01'`)]: CHECK,
    },
    accepted: [version(`certificates = '["MAA"]'`)],
  },
  {
    what: 'a deletion before the material is gone',
    first: [PENDING],
    refused: {[DELETED]: TRIGGER},
    accepted: [DESTROYED, DELETED],
  },
  {
    what: 'what is deleted, which stays so',
    first: [PENDING, DESTROYED, DELETED],
    refused: {
      [PENDING]: TRIGGER,
      [record(`state = 'enabled', deletion_requested_at = NULL, destroy_at = NULL, restores_to = NULL`)]:
        TRIGGER,
      [record(`tags = '{"a":"b"}'`)]: CHECK,
      [record('due_at = 1')]: CHECK,
      [`INSERT INTO key_version (key, version, created_at, state, material) VALUES (${KEY}, 2, 0, 'enabled', x'01')`]:
        TRIGGER,
      [`DELETE FROM key_version WHERE key = ${KEY}`]: TRIGGER,
    },
    accepted: [record('sequence = 9'), `DELETE FROM key_record WHERE position = ${KEY}`],
  },
  {
    what: 'uses, which only grow',
    first: [`UPDATE key_use SET uses = 5 WHERE key = ${KEY}`],
    refused: {
      [`UPDATE key_use SET uses = 4 WHERE key = ${KEY}`]: TRIGGER,
      [`UPDATE key_use SET uses = 9007199254740992 WHERE key = ${KEY}`]: CHECK,
      [`INSERT INTO key_use VALUES (${KEY}, 2, 1)`]: 'SQLITE_CONSTRAINT_FOREIGNKEY',
    },
    accepted: [`UPDATE key_use SET uses = 9007199254740991 WHERE key = ${KEY}`],
  },
];

describe('SQLite schema of keys', () => {
  for (const {what, first = [], refused, accepted} of RULES) {
    it(`keeps the rules of ${what}`, () =>
      withRows((db) => {
        const change = (sql: string): void => {
          expect(db.prepare(sql).run().changes, sql).to.equal(1);
        };
        first.forEach(change);
        for (const [sql, code] of Object.entries(refused)) {
          expect(
            codeOf(() => db.exec(sql)),
            sql,
          ).to.equal(code);
        }
        accepted.forEach(change);
      }));
  }
});
