import {expect} from 'chai';
import {macKeyVersion, materialKeyVersion} from '../keystore-scope.ts';
import {codeOf, type Rows, withRows} from './schema-rows.ts';

describe('SQLite references to keys', () => {
  it('lets a data key version be sealed again, but never under another scope’s root key', () =>
    withRows((db, {scope}) => {
      const [own, foreign] = ['=', '<>'].map((operator) =>
        db
          .prepare<[string], number>(
            `SELECT v.position FROM root_key_version v JOIN root_key k ON k.position = v.root_key
             WHERE k.scope ${operator} ? ORDER BY v.version DESC LIMIT 1`,
          )
          .pluck()
          .get(scope),
      );
      const reseal = db.prepare(
        `UPDATE data_key_version SET root_key_version = ?, blob = x'01' WHERE version = 1 AND data_key =
           (SELECT min(position) FROM data_key WHERE root_key = (SELECT position FROM root_key WHERE scope = ?))`,
      );
      const insert = db.prepare(
        `INSERT INTO data_key_version (id, data_key, version, created_at, root_key_version, blob)
         SELECT 'kdkv_new', data_key, 1 + max(version), 0, ?, x'01' FROM data_key_version WHERE data_key =
           (SELECT min(position) FROM data_key WHERE root_key = (SELECT position FROM root_key WHERE scope = ?))`,
      );
      for (const statement of [reseal, insert]) {
        expect(codeOf(() => statement.run(foreign, scope))).to.equal('SQLITE_CONSTRAINT_TRIGGER');
        expect(statement.run(own, scope).changes).to.equal(1);
      }
    }));

  it('lets a row name keys of its own keystore’s scope only', () =>
    withRows((db, {keystoreId, otherKeystoreId}) => {
      const at = (id: string): string => `(SELECT position FROM data_key_version WHERE id = '${id}')`;
      const keystore = `(SELECT position FROM keystore WHERE id = '${keystoreId}')`;
      const key = `(SELECT position FROM key_record WHERE keystore = ${keystore})`;
      const statements: readonly ((scope: string) => string)[] = [
        (scope) =>
          `UPDATE keystore SET mac_key_version = ${at(macKeyVersion(scope, 2))} WHERE position = ${keystore}`,
        (scope) =>
          `UPDATE key_record SET mac_key_version = ${at(macKeyVersion(scope, 2))} WHERE position = ${key}`,
        (scope) =>
          `UPDATE key_version SET data_key_version = ${at(materialKeyVersion(scope, 2))} WHERE key = ${key}`,
        (scope) =>
          `INSERT INTO key_record (keystore, local_id, sequence, type, created_at, updated_at, origin, state,
             mac, mac_key_version)
           VALUES (${keystore}, 'new', 0, 'type', 0, 0, 'generated', 'enabled', x'01', ${at(macKeyVersion(scope))})`,
        (scope) =>
          `INSERT INTO key_version (key, version, created_at, state, material, data_key_version)
           VALUES (${key}, 2, 0, 'enabled', x'01', ${at(materialKeyVersion(scope))})`,
      ];
      for (const statement of statements) {
        const foreign = statement(otherKeystoreId);
        expect(
          codeOf(() => db.exec(foreign)),
          foreign,
        ).to.equal('SQLITE_CONSTRAINT_TRIGGER');
        db.exec(statement(keystoreId));
      }
      const insertion = (scope: string): string =>
        `INSERT INTO keystore (id, sequence, creator, controller, kms_module, mac, mac_key_version)
         SELECT scope, 0, 'a', 'a', 'ssm-v1', x'01', ${at(scope)}
         FROM root_key WHERE scope NOT IN (SELECT id FROM keystore) LIMIT 1`;
      const ownVersion = db
        .prepare<[], string>(
          `SELECT v.id FROM data_key_version v JOIN data_key d ON d.position = v.data_key
             JOIN root_key r ON r.position = d.root_key
           WHERE r.scope = (SELECT scope FROM root_key WHERE scope NOT IN (SELECT id FROM keystore) LIMIT 1)`,
        )
        .pluck()
        .get();
      expect(codeOf(() => db.exec(insertion(macKeyVersion(keystoreId))))).to.equal(
        'SQLITE_CONSTRAINT_TRIGGER',
      );
      db.exec(insertion(ownVersion ?? ''));
    }));

  const inScope = (scope: string): string =>
    `root_key = (SELECT position FROM root_key WHERE scope = '${scope}')`;
  interface Restricted {
    readonly what: string;
    readonly deletion: (rows: Rows) => string;
    /** After it the deletion is let through. */
    readonly free: (rows: Rows) => string;
  }
  const restricted: readonly Restricted[] = [
    {
      what: 'a keystore that holds keys',
      deletion: () => 'DELETE FROM keystore',
      free: () => 'DELETE FROM key_record',
    },
    {
      what: 'a data key version that sealed a key’s material',
      deletion: ({keystoreId}) =>
        `DELETE FROM data_key_version WHERE id = '${materialKeyVersion(keystoreId)}'`,
      free: () => `UPDATE key_version SET state = 'destroyed', material = NULL, data_key_version = NULL`,
    },
    {
      what: 'a data key version that authenticates a keystore',
      deletion: ({keystoreId}) => `DELETE FROM data_key_version WHERE id = '${macKeyVersion(keystoreId)}'`,
      free: () => 'DELETE FROM key_record; DELETE FROM keystore',
    },
    {
      what: 'a data key version that authenticates a key',
      deletion: ({keystoreId}) => `DELETE FROM data_key_version WHERE id = '${macKeyVersion(keystoreId)}'`,
      free: () => `UPDATE keystore SET mac_key_version = 1 + mac_key_version; DELETE FROM key_record`,
    },
    {
      what: 'the keys of a keystore that is there',
      deletion: ({keystoreId}) => `DELETE FROM root_key WHERE scope = '${keystoreId}'`,
      free: () => 'DELETE FROM key_record; DELETE FROM keystore',
    },
    {
      what: 'a root key version that seals',
      deletion: ({scope}) => `DELETE FROM root_key_version WHERE version = 1 AND ${inScope(scope)}`,
      free: ({scope}) => `DELETE FROM data_key WHERE ${inScope(scope)}`,
    },
  ];
  for (const {what, deletion, free} of restricted) {
    it(`refuses to delete ${what}`, () =>
      withRows((db, rows) => {
        const sql = deletion(rows);
        expect(codeOf(() => db.exec(sql))).to.match(/^SQLITE_CONSTRAINT_(FOREIGNKEY|TRIGGER)$/);
        db.exec(free(rows));
        const before = db.prepare<[], number>('SELECT total_changes()').pluck().get();
        db.exec(sql);
        expect(db.prepare<[], number>('SELECT total_changes()').pluck().get()).to.be.greaterThan(before ?? 0);
      }));
  }
});
