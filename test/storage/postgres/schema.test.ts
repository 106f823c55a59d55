import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {Client, DatabaseError} from 'pg';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {insertKey, insertKeystore, makeRevocation} from '../records.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

/** SQLSTATEs. */
const CHECK = '23514';
const RULE = 'P0001';
const REFERENCE = '23503';
/** What others name is not deleted: since PostgreSQL 18 that has a code of its own. */
const RESTRICTED = /^(?:23503|23001)$/;
const UNIQUE = '23505';
const NO_JSON = '22P02';
const GENERATED = '428C9';

const KEYSTORE = '(SELECT min(position) FROM keystore)';
const OTHER = '(SELECT max(position) FROM keystore)';
const KEY = `(SELECT min(position) FROM key_record WHERE keystore = ${KEYSTORE})`;
const FOREIGN_VERSION = `(SELECT mac_key_version FROM keystore WHERE position = ${OTHER})`;
const keystore = (set: string): string => `UPDATE keystore SET ${set} WHERE position = ${KEYSTORE}`;
const record = (set: string): string => `UPDATE key_record SET ${set} WHERE position = ${KEY}`;
const version = (set: string): string => `UPDATE key_version SET ${set} WHERE key = ${KEY}`;
const insertVersion = (number: number, state = 'enabled', material = `'\\x01'`): string =>
  `INSERT INTO key_version (key, version, created_at, state, material) VALUES (${KEY}, ${number}, 0, '${state}', ${material})`;
const DELETION = `deletion_requested_at = 1, destroy_at = 2, restores_to = 'enabled'`;
const DESTROYED = version(`state = 'destroyed', material = NULL, data_key_version = NULL`);
const DELETED = record(`state = 'deleted', ${DELETION}`);
const SECOND = `INSERT INTO key_record (keystore, local_id, sequence, type, created_at, updated_at, origin, state, mac, mac_key_version)
  SELECT keystore, 'second', 0, type, 0, 0, origin, state, mac, mac_key_version FROM key_record WHERE position = ${KEY}`;
const named = (name: string): string => `tags = '{"name":"${name}"}', name = '${name}'`;
const insertRevocation = (delegator: string, capability: string, identityOf: string): string =>
  `INSERT INTO revocation (keystore, delegator, capability_id, identity, expires_at, revoker, revoked_at)
   VALUES (${KEYSTORE}, '${delegator}', '${capability}', sha256('${identityOf}'), 0, 'r', 0)`;

interface Rule {
  readonly what: string;
  readonly first?: readonly string[];
  readonly refused: Readonly<Record<string, string | RegExp>>;
  readonly accepted: readonly string[];
}

const RULES: readonly Rule[] = [
  {
    what: 'keystores, which stay what they are',
    refused: {
      [keystore(`id = 'another'`)]: RULE,
      [keystore(`creator = 'another'`)]: RULE,
      [keystore('position = 99')]: GENERATED,
      [keystore('sequence = -1')]: CHECK,
      [keystore('controller = NULL')]: CHECK,
      [keystore(`controllers = '["a"]'`)]: CHECK,
      [keystore(`controller = NULL, controllers = '{}'`)]: CHECK,
      [keystore(`controller = NULL, controllers = '['`)]: NO_JSON,
      [keystore(`ip_allow_list = '"::1"'`)]: CHECK,
      [keystore(`mac = ''`)]: CHECK,
      [keystore(`mac_key_version = ${FOREIGN_VERSION}`)]: RULE,
      [keystore('mac_key_version = 999999')]: REFERENCE,
      [`DELETE FROM keystore WHERE position = ${KEYSTORE}`]: RESTRICTED,
      [`INSERT INTO keystore_controller VALUES ('a', 2, ${KEYSTORE})`]: CHECK,
      ['TRUNCATE keystore CASCADE']: RULE,
    },
    accepted: [
      keystore(`controller = NULL, controllers = '["a"]', ip_allow_list = '["::1/128"]', sequence = 1`),
      `INSERT INTO keystore_controller VALUES ('a', 1, ${KEYSTORE})`,
    ],
  },
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
      [record(`origin = 'imported'`)]: RULE,
      [record(`key_ops = '["sign"]'`)]: RULE,
      [record(`local_id = 'another'`)]: RULE,
      [record(`type = 'another'`)]: RULE,
      [record('created_at = 99')]: RULE,
      [record(`keystore = ${OTHER}`)]: RULE,
      [DELETED]: RULE,
    },
    accepted: [record(`state = 'disabled'`), record(`state = 'pendingDeletion', ${DELETION}`)],
  },
  {
    what: 'keys that are deleted, which stay so and have nothing any more',
    first: [DESTROYED, DELETED],
    refused: {
      [record(`state = 'enabled', deletion_requested_at = NULL, destroy_at = NULL, restores_to = NULL`)]:
        RULE,
      [record(named('n'))]: CHECK,
      [record('due_at = 1')]: CHECK,
      [insertVersion(2)]: RULE,
      [version(`state = 'enabled', material = '\\x01'`)]: RULE,
    },
    accepted: [insertVersion(2, 'destroyed', 'NULL'), record('sequence = 9')],
  },
  {
    what: 'JSON, and the name in it',
    refused: {
      [record(`tags = '{}'`)]: CHECK,
      [record(`tags = '["name"]'`)]: CHECK,
      [record(`tags = '{"name":1}', name = '1'`)]: CHECK,
      [record(`tags = '{"name":"n"}'`)]: CHECK,
      [record(`tags = '{"name":"n"}', name = 'm'`)]: CHECK,
      [record(`name = 'n'`)]: CHECK,
      [record(`policy = 'null'`)]: CHECK,
      [version(`certificates = '[]'`)]: CHECK,
      [record(`tags = '{'`)]: NO_JSON,
    },
    accepted: [
      record(`tags = '{"a":"b"}'`),
      record(named('n')),
      record(`policy = '{}'`),
      version(`certificates = '["MAA"]'`),
    ],
  },
  {
    what: 'names, which are unique in a keystore',
    first: [SECOND, record(named('n'))],
    refused: {[`UPDATE key_record SET ${named('n')} WHERE local_id = 'second'`]: UNIQUE, [SECOND]: UNIQUE},
    accepted: [
      `UPDATE key_record SET ${named('N')} WHERE local_id = 'second'`,
      `UPDATE key_record SET ${named('n')} WHERE keystore = ${OTHER}`,
    ],
  },
  {
    what: 'versions, which count without a gap, and stay with their key',
    refused: {
      [insertVersion(3)]: RULE,
      [insertVersion(1)]: RULE,
      [insertVersion(2, 'enabled', 'NULL')]: CHECK,
      [insertVersion(2, 'destroyed')]: CHECK,
      [insertVersion(2, 'active')]: CHECK,
      [version('version = 2')]: RULE,
      [version('created_at = 9')]: RULE,
      [version(`public_key = '\\x01'`)]: RULE,
      [version('material = NULL')]: CHECK,
      [version(`data_key_version = ${FOREIGN_VERSION}`)]: RULE,
      [`DELETE FROM key_version WHERE key = ${KEY}`]: RULE,
      [record(`mac_key_version = ${FOREIGN_VERSION}`)]: RULE,
      ['TRUNCATE key_version CASCADE']: RULE,
    },
    accepted: [insertVersion(2), DESTROYED, `DELETE FROM key_record WHERE position = ${KEY}`],
  },
  {
    what: 'what is destroyed, which stays so',
    first: [DESTROYED],
    refused: {[version(`state = 'enabled', material = '\\x01'`)]: RULE},
    accepted: [version(`certificates = '["MAA"]'`)],
  },
  {
    what: 'uses, which only grow',
    refused: {
      ['UPDATE key_use SET uses = uses - 1']: RULE,
      ['UPDATE key_use SET uses = 9007199254740992']: CHECK,
      [`UPDATE key_use SET version = 2`]: RULE,
      [`INSERT INTO key_use VALUES (${KEY}, 2, 1)`]: REFERENCE,
    },
    accepted: ['UPDATE key_use SET uses = uses + 1'],
  },
  {
    what: 'revocations, which stay what they are, and of which each is there once',
    refused: {
      ['UPDATE revocation SET revoked_at = 9']: RULE,
      [`DELETE FROM revocation; TRUNCATE revocation`]: RULE,
      [insertRevocation('d', 'c', '1:cd')]: CHECK,
      [insertRevocation('d', 'c', '2:dc')]: CHECK,
      [`${insertRevocation('d', 'c', '1:dc')}; ${insertRevocation('d', 'c', '1:dc')}`]: UNIQUE,
    },
    accepted: [
      `${insertRevocation('d', 'cc', '1:dcc')}; ${insertRevocation('dc', 'c', '2:dcc')}`,
      'DELETE FROM revocation',
    ],
  },
  {
    what: 'what requests and nodes leave',
    refused: {
      [`INSERT INTO replay VALUES ('\\x01', 0)`]: CHECK,
      [`INSERT INTO lease VALUES ('', 'a', 0)`]: CHECK,
      [`INSERT INTO lease VALUES ('a', '', 0)`]: CHECK,
      ['INSERT INTO probe VALUES (2, 0)']: CHECK,
      ['TRUNCATE replay']: RULE,
    },
    accepted: [`INSERT INTO replay VALUES (sha256(''), 0)`, `INSERT INTO lease VALUES ('a', 'b', 0)`],
  },
];

describe('PostgreSQL schema, whoever writes', function () {
  this.timeout(30_000);
  const databases = usePostgresDatabases();
  let url: string;
  let client: Client;

  before(async () => {
    url = await databases.create();
    const stores = await PostgresStores.open({url});
    for (let count = 0; count < 2; count++) {
      const {id} = await insertKeystore(stores);
      await stores.keyUses.add({...(await insertKey(stores, id)), version: 1, count: 5});
      await stores.revocations.insert(makeRevocation(id), {});
      await stores.replays.remember(randomBytes(32), {expiresAt: 0});
    }
    await stores.close();
    client = new Client(url);
    await client.connect();
  });
  after(async () => {
    await client.end();
    await databases.drop(url);
  });

  /** What the server says to a statement after others; nothing stays of either. */
  const codeOf = async (first: readonly string[], sql: string): Promise<string> => {
    await client.query('BEGIN');
    try {
      for (const statement of first) await client.query(statement);
      await client.query(sql);
      // References are looked at then, too.
      await client.query('SET CONSTRAINTS ALL IMMEDIATE');
      return 'it was let through';
    } catch (error) {
      if (error instanceof DatabaseError) return error.code ?? '';
      throw error;
    } finally {
      await client.query('ROLLBACK');
    }
  };

  for (const {what, first = [], refused, accepted} of RULES) {
    it(`keeps rules of ${what}`, async () => {
      for (const [sql, code] of Object.entries(refused)) {
        expect(await codeOf(first, sql), sql).to.match(
          typeof code === 'string' ? new RegExp(`^${code}$`) : code,
        );
      }
      for (const sql of accepted) expect(await codeOf(first, sql), sql).to.equal('it was let through');
    });
  }

  it('keeps them for who has another search path, and tables of the same names before its own', async () => {
    await client.query(`CREATE TEMPORARY TABLE key_record (position bigint, state text)`);
    try {
      const sql = `DELETE FROM public.key_version`;
      expect(await codeOf([], sql)).to.equal(RULE);
    } finally {
      await client.query('DROP TABLE pg_temp.key_record');
    }
  });
});
