import {expect} from 'chai';
import {InternalError} from '../../lib/errors.ts';
import {formatFinding} from '../../lib/integrity/finding.ts';
import {TamperedRecordError} from '../../lib/integrity/tampered-record-error.ts';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {SealedError} from '../../lib/sealing/sealing-errors.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {makeTempDir, useTempDir, type TempDir} from '../sealing/temp-dir.ts';
import {ALICE, BOB, NOW} from '../storage/records.ts';
import {columnsOf, copyDatabase, editDatabase, OpenDatabase} from './database-fixture.ts';

/** What becomes of an edited column. */
interface Outcome {
  readonly edit: string;
  /**
   * `refused`: the first keystore, or its first key, throws `TamperedRecordError`. `fails`: any use of the keystore does.
   * `absent`: the key is not found. `start`: nothing starts. `sealed`: no root opens, nor does the check.
   * `none`: the keystore and its key are as they were.
   */
  readonly use: 'refused' | 'fails' | 'absent' | 'start' | 'sealed' | 'none';
  /** A part of what the check says, or undefined where it sees no error. */
  readonly named?: string | RegExp;
}

const NAME = 'first';
/** What a key has where it has everything. */
const MEMBERS: Partial<KeyRecord> = {
  state: 'pendingDeletion',
  deletion: {requestedAt: NOW, destroyAt: NOW + 1000, restoresTo: 'disabled'},
  keyOps: ['sign', 'verify'],
  tags: {name: NAME, team: 'a'},
  policy: {exportable: true},
  description: 'text',
  dueAt: NOW + 1000,
};
const KEYSTORE = '(SELECT min(position) FROM keystore)';
const OTHER = '(SELECT max(position) FROM keystore)';
const KEY = '(SELECT min(position) FROM key_record)';
const SECOND_KEY = `(SELECT min(position) FROM key_record WHERE position > ${KEY})`;
const SCOPE = `(SELECT position FROM root_key WHERE scope = (SELECT id FROM keystore WHERE position = ${KEYSTORE}))`;
const OTHER_SCOPE = `(SELECT position FROM root_key WHERE scope = (SELECT id FROM keystore WHERE position = ${OTHER}))`;
const ROOT_VERSION = `(SELECT position FROM root_key_version WHERE root_key = ${SCOPE})`;
const DATA_KEY = `(SELECT position FROM data_key WHERE root_key = ${SCOPE} AND purpose = 'record-mac')`;
const ANY_VERSION = `(SELECT max(v.position) FROM data_key_version v JOIN data_key d ON d.position = v.data_key
  WHERE d.root_key = ${SCOPE} AND d.purpose = 'audit')`;

const ofKeystore = (set: string): Outcome => ({
  edit: `UPDATE keystore SET ${set} WHERE position = ${KEYSTORE}`,
  use: 'refused',
  named: 'error keystore {keystore}: It is not what the server wrote.',
});
const ofKey = (set: string): Outcome => ({
  edit: `UPDATE key_record SET ${set} WHERE position = ${KEY}`,
  use: 'refused',
  named: 'error key {key}: It is not what the server wrote.',
});
const ofVersion = (set: string): Outcome => ({
  ...ofKey(''),
  edit: `UPDATE OR REPLACE key_version SET ${set} WHERE key = ${KEY}`,
});
const ofKeys = (edit: string): Outcome => ({edit, use: 'fails', named: 'error keys {keystore}: '});
const unseen = (edit: string): Outcome => ({edit, use: 'none'});
const reference = /^error database/m;
const list = (edit: string): Outcome => ({edit, use: 'none', named: reference});

const TABLES: Readonly<Record<string, Readonly<Record<string, Outcome>>>> = {
  keystore: {
    position: {...ofKeystore('position = 77'), use: 'absent', named: reference},
    id: {...ofKeystore("id = id || 'x'"), use: 'absent', named: 'error keystore {keystore}x: It is not'},
    sequence: ofKeystore('sequence = 1'),
    // Whose quota it counts in; see docs/integrity.md.
    creator: unseen(`UPDATE keystore SET creator = '${BOB}' WHERE position = ${KEYSTORE}`),
    controller: ofKeystore(`controller = '${BOB}'`),
    controllers: ofKeystore(`controllers = '["${ALICE}"]', controller = NULL`),
    kms_module: ofKeystore("kms_module = 'ssm-v1'"),
    meter_id: ofKeystore("meter_id = ''"),
    ip_allow_list: ofKeystore("ip_allow_list = '[]'"),
    mac: ofKeystore(`mac = (SELECT mac FROM keystore WHERE position = ${OTHER})`),
    mac_key_version: ofKeystore(`mac_key_version = ${ANY_VERSION}`),
  },
  key_record: {
    position: {...ofKey('position = 77'), use: 'absent', named: reference},
    keystore: {
      ...ofKey(`keystore = ${OTHER}`),
      use: 'absent',
      named: 'error key {other}/keys/{localKey}: It is not what the server wrote.',
    },
    local_id: {...ofKey("local_id = local_id || 'x'"), use: 'absent', named: 'error key {key}x: It is not'},
    sequence: ofKey('sequence = 1'),
    type: ofKey("type = 'X25519KeyAgreementKey2020'"),
    created_at: ofKey('created_at = created_at - 1'),
    updated_at: ofKey('updated_at = updated_at - 1'),
    origin: ofKey("origin = 'imported'"),
    state: ofKey("state = 'enabled'"),
    deletion_requested_at: ofKey('deletion_requested_at = deletion_requested_at - 1'),
    destroy_at: ofKey('destroy_at = destroy_at + 1'),
    restores_to: ofKey("restores_to = 'enabled'"),
    key_ops: ofKey(`key_ops = '["verify","sign"]'`),
    tags: ofKey(`tags = '{"name":"${NAME}"}'`),
    policy: ofKey("policy = '{}'"),
    description: ofKey("description = ''"),
    due_at: ofKey('due_at = due_at + 1'),
    max_capability_chain_length: ofKey('max_capability_chain_length = 10'),
    public_alias: ofKey("public_alias = 'did:example:1'"),
    public_alias_template: ofKey("public_alias_template = ''"),
    mac: ofKey(`mac = (SELECT mac FROM key_record WHERE position = ${SECOND_KEY})`),
    mac_key_version: ofKey(`mac_key_version = ${ANY_VERSION}`),
  },
  key_version: {
    key: {...ofVersion(`key = ${SECOND_KEY}`), use: 'absent', named: 'error key {secondKey}: It is not'},
    version: ofVersion('version = 2'),
    created_at: ofVersion('created_at = 0'),
    state: ofVersion("state = 'disabled'"),
    public_key: ofVersion(`public_key = (SELECT public_key FROM key_version WHERE key = ${SECOND_KEY})`),
    material: ofVersion(`material = (SELECT material FROM key_version WHERE key = ${SECOND_KEY})`),
    data_key_version: ofVersion(`data_key_version = ${ANY_VERSION}`),
    certificates: ofVersion(`certificates = '["MAA"]'`),
  },
  // It has no MAC: see docs/integrity.md.
  key_use: {
    key: unseen(`UPDATE key_use SET key = ${SECOND_KEY}`),
    version: {edit: 'UPDATE key_use SET version = 2', use: 'none', named: reference},
    uses: unseen('UPDATE key_use SET uses = 1'),
  },
  keystore_controller: {
    controller: list(`UPDATE keystore_controller SET controller = '${BOB}' WHERE keystore = ${KEYSTORE}`),
    named_by_others: list(`UPDATE keystore_controller SET named_by_others = 1 WHERE keystore = ${KEYSTORE}`),
    keystore: list(`UPDATE keystore_controller SET keystore = 77 WHERE keystore = ${KEYSTORE}`),
  },
  root_wrapper: {
    position: {edit: 'UPDATE root_wrapper SET position = 77', use: 'fails', named: reference},
    id: ofKeys("UPDATE root_wrapper SET id = 'rw_another'"),
    // Where it is opened: another key there is refused by its fingerprint.
    uri: unseen("UPDATE root_wrapper SET uri = 'file:/nowhere'"),
    wrapper_key_id: {edit: "UPDATE root_wrapper SET wrapper_key_id = 'another'", use: 'start'},
    parameters: {
      edit: "UPDATE root_wrapper SET parameters = '{}'",
      use: 'none',
      named: /^error root-wrapper rw_\S+ \(file:.*\): Its record is not that/m,
    },
    created_at: unseen('UPDATE root_wrapper SET created_at = 0'),
    state: {edit: "UPDATE root_wrapper SET state = 'retiring'", use: 'sealed'},
    sealer: {
      edit: `UPDATE root_wrapper SET sealer = x'00', sealer_key_version = ${ANY_VERSION}`,
      use: 'none',
      named: 'Its sealer does not open',
    },
    sealer_key_version: {
      edit: 'UPDATE root_wrapper SET sealer_key_version = 1',
      use: 'none',
      named: reference,
    },
  },
  root_key: {
    position: {...ofKeys(`UPDATE root_key SET position = 77 WHERE position = ${SCOPE}`), named: reference},
    id: ofKeys(`UPDATE root_key SET id = 'krk_another' WHERE position = ${SCOPE}`),
    scope: {
      ...ofKeys(`UPDATE root_key SET scope = scope || 'x' WHERE position = ${SCOPE}`),
      named: 'error keystore {keystore}: It is not what the server wrote.',
    },
  },
  root_key_version: {
    position: {
      ...ofKeys(`UPDATE root_key_version SET position = 77 WHERE position = ${ROOT_VERSION}`),
      named: reference,
    },
    id: ofKeys(`UPDATE root_key_version SET id = 'krkv_another' WHERE position = ${ROOT_VERSION}`),
    root_key: ofKeys(
      `UPDATE OR REPLACE root_key_version SET root_key = ${OTHER_SCOPE}, version = 2 WHERE position = ${ROOT_VERSION}`,
    ),
    version: ofKeys(`UPDATE root_key_version SET version = 2 WHERE position = ${ROOT_VERSION}`),
    created_at: unseen(`UPDATE root_key_version SET created_at = 0 WHERE position = ${ROOT_VERSION}`),
  },
  sealed_root_key_version: {
    root_key_version: ofKeys(
      `UPDATE OR REPLACE sealed_root_key_version SET root_key_version =
         (SELECT position FROM root_key_version WHERE root_key = ${OTHER_SCOPE}) WHERE root_key_version = ${ROOT_VERSION}`,
    ),
    root_wrapper: {
      ...ofKeys(
        `UPDATE sealed_root_key_version SET root_wrapper = 77 WHERE root_key_version = ${ROOT_VERSION}`,
      ),
      named: reference,
    },
    blob: ofKeys(
      `UPDATE sealed_root_key_version SET blob = (SELECT s.blob FROM sealed_root_key_version s JOIN root_key_version v
         ON v.position = s.root_key_version WHERE v.root_key = ${OTHER_SCOPE}) WHERE root_key_version = ${ROOT_VERSION}`,
    ),
  },
  data_key: {
    position: {...ofKeys(`UPDATE data_key SET position = 77 WHERE position = ${DATA_KEY}`), named: reference},
    id: ofKeys(`UPDATE data_key SET id = 'kdk_another' WHERE position = ${DATA_KEY}`),
    root_key: {
      ...ofKeys(`UPDATE OR REPLACE data_key SET root_key = ${OTHER_SCOPE} WHERE position = ${DATA_KEY}`),
      named: 'error keys {other}: ',
    },
    purpose: ofKeys(`UPDATE data_key SET purpose = 'another' WHERE position = ${DATA_KEY}`),
  },
  data_key_version: {
    position: {
      ...ofKeys(`UPDATE data_key_version SET position = 77 WHERE data_key = ${DATA_KEY}`),
      named: reference,
    },
    id: ofKeys(`UPDATE data_key_version SET id = 'kdkv_another' WHERE data_key = ${DATA_KEY}`),
    data_key: {
      ...ofKeys(
        `UPDATE data_key_version SET data_key = (SELECT position FROM data_key WHERE root_key = ${OTHER_SCOPE}
           AND purpose = 'record-mac'), version = 2 WHERE data_key = ${DATA_KEY}`,
      ),
      named: 'error keys {other}: ',
    },
    version: ofKeys(`UPDATE data_key_version SET version = 2 WHERE data_key = ${DATA_KEY}`),
    created_at: unseen(`UPDATE data_key_version SET created_at = 0 WHERE data_key = ${DATA_KEY}`),
    root_key_version: ofKeys(
      `UPDATE data_key_version SET root_key_version = (SELECT position FROM root_key_version
         WHERE root_key = ${OTHER_SCOPE}) WHERE data_key = ${DATA_KEY}`,
    ),
    blob: ofKeys(
      `UPDATE data_key_version SET blob = (SELECT v.blob FROM data_key_version v JOIN data_key d ON d.position = v.data_key
         WHERE d.root_key = ${OTHER_SCOPE} AND d.purpose = 'record-mac') WHERE data_key = ${DATA_KEY}`,
    ),
  },
};

describe('rows edited behind the server', () => {
  let original: TempDir;
  let keystores: KeystoreConfig[];
  let keys: KeyRecord[];
  const path = useTempDir();
  let directory: string;

  before(async () => {
    original = await makeTempDir();
    const database = await OpenDatabase.open(original.path(''));
    keystores = [await database.addKeystore(), await database.addKeystore()];
    keys = [];
    for (const {id} of keystores) {
      const whole = keys.length === 0;
      keys.push(
        await database.addKey(id, whole ? MEMBERS : {}, whole ? {certificates: [Buffer.from([0x30])]} : {}),
        await database.addKey(id),
      );
    }
    await database.stores.keyUses.add({...keys[0]!, version: 1, count: 1000});
    await database.close();
  });
  after(() => original.remove());
  beforeEach(async () => {
    directory = path('data');
    await copyDatabase(original.path(''), directory);
  });

  const fill = (template: string): string =>
    template
      .replace('{keystore}', keystores[0]!.id)
      .replace('{other}', keystores[1]!.id)
      .replace('{key}', `${keystores[0]!.id}/keys/${keys[0]!.localKeyId}`)
      .replace('{secondKey}', `${keystores[0]!.id}/keys/${keys[1]!.localKeyId}`)
      .replace('{localKey}', keys[0]!.localKeyId);

  async function report(database: OpenDatabase): Promise<string> {
    const findings = await database.check();
    return findings
      .filter(({severity}) => severity === 'error')
      .map(formatFinding)
      .join('\n');
  }

  async function using(work: (database: OpenDatabase) => Promise<void>): Promise<void> {
    const database = await OpenDatabase.open(directory);
    try {
      await work(database);
    } finally {
      await database.close();
    }
  }

  async function expectUse(database: OpenDatabase, use: Outcome['use']): Promise<void> {
    const [keystore, key] = [keystores[0]!, keys[0]!];
    const read = async () => {
      await database.keystores.find(keystore.id);
      return database.keys.find(key);
    };
    if (use === 'refused') await expectRejection(read(), TamperedRecordError);
    else if (use === 'fails') await expectRejection(read(), Error);
    else if (use === 'absent') expect(await read()).to.equal(undefined);
    else expect(await read()).to.deep.equal(key);
  }

  it('finds nothing in what nobody edited', () =>
    using(async (database) => {
      expect(await report(database)).to.equal('');
      await expectUse(database, 'none');
    }));

  for (const [table, columns] of Object.entries(TABLES)) {
    describe(table, () => {
      it('has these columns', () => {
        expect(Object.keys(columns)).to.have.members(columnsOf(directory, table));
      });

      for (const [column, {edit, use, named}] of Object.entries(columns)) {
        it(`${column}: ${named === undefined && use === 'none' ? 'is not seen' : 'is found'}`, async () => {
          editDatabase(directory, edit);
          if (use === 'start') {
            await expectRejection(OpenDatabase.open(directory), RootOfTrustError);
            return;
          }
          await using(async (database) => {
            if (use === 'sealed') {
              await expectRejection(database.keystores.find(keystores[0]!.id), SealedError);
              await expectRejection(database.check(), SealedError);
              return;
            }
            await expectUse(database, use);
            const found = await report(database);
            if (named === undefined) expect(found).to.equal('');
            else if (typeof named === 'string') expect(found).to.include(fill(named));
            else expect(found).to.match(named);
          });
        });
      }
    });
  }

  it('whole rows swapped between keystores, keys and MACs and all', async () => {
    const swap = (table: string, columns: string, a: string, b: string, key = 'position'): string =>
      `UPDATE ${table} SET (${columns}) = (${columns
        .split(', ')
        .map((column) => `o.${column}`)
        .join()}) FROM ${table} AS o
       WHERE (${table}.${key} = ${a} AND o.${key} = ${b}) OR (${table}.${key} = ${b} AND o.${key} = ${a})`;
    const [a, b] = [KEY, `(SELECT min(position) FROM key_record WHERE keystore = ${OTHER})`];
    editDatabase(
      directory,
      swap('key_record', 'sequence, type, created_at, mac, mac_key_version', a, b),
      swap('key_version', 'public_key, material, data_key_version', a, b, 'key'),
      swap('keystore', 'controller, mac, mac_key_version', KEYSTORE, OTHER),
    );
    await using(async (database) => {
      for (const {id} of keystores) await expectRejection(database.keystores.find(id), TamperedRecordError);
      for (const key of [keys[0]!, keys[2]!])
        await expectRejection(database.keys.find(key), TamperedRecordError);
      const found = await report(database);
      for (const name of ['error keystore {keystore}: ', 'error keystore {other}: ', 'error key {key}: ']) {
        expect(found).to.include(fill(name));
      }
      expect(found).to.include(`error key ${keystores[1]!.id}/keys/${keys[2]!.localKeyId}: `);
      expect(await database.keys.find(keys[1]!)).to.deep.equal(keys[1]);
    });
  });

  it('a name that leads to another key, or in another form', async () => {
    const other = keys[1]!;
    const find = (database: OpenDatabase, name: string) =>
      database.keys.findByName({keystoreId: keystores[0]!.id, name});
    await using(async (database) => {
      expect(await find(database, NAME)).to.deep.equal(keys[0]);
      expect(await find(database, 'second')).to.equal(undefined);
    });
    editDatabase(
      directory,
      `UPDATE key_record SET tags = '{"name":"second"}' WHERE position = ${SECOND_KEY}`,
    );
    await using(async (database) => {
      await expectRejection(find(database, 'second'), TamperedRecordError);
      expect(await report(database)).to.include(
        fill('error key {secondKey}: It is not what the server wrote'),
      );
    });
    // The same value: SQLite's index has the first of the names, and who parses it the last.
    const twice = `'{"name":"second","name":"${NAME}","team":"a"}'`;
    editDatabase(
      directory,
      `UPDATE key_record SET tags = NULL WHERE position = ${SECOND_KEY}`,
      `UPDATE key_record SET tags = ${twice} WHERE position = ${KEY}`,
    );
    await using(async (database) => {
      await expectRejection(find(database, 'second'), InternalError);
      await expectRejection(database.keys.find(keys[0]!), TamperedRecordError);
      expect(await report(database)).to.include(fill('error key {key}: '));
      expect(await database.keys.find(other)).to.deep.equal(other);
    });
  });

  it('what is destroyed, brought back with material that somebody kept', async () => {
    const [, key] = keys;
    const {version, createdAt, publicKey, material, dataKeyVersionId} = key!.versions[0]!;
    const versions = [{version, createdAt, publicKey: publicKey!, state: 'destroyed' as const}];
    const destroyed = {...key!, sequence: 1, updatedAt: NOW + 1, versions};
    await using(async (database) => {
      await database.keys.update(destroyed);
      expect(await database.keys.find(key!)).to.deep.equal(destroyed);
      expect(await report(database)).to.equal('');
    });
    editDatabase(
      directory,
      `UPDATE key_version SET state = 'enabled', material = x'${Buffer.from(material!).toString('hex')}',
         data_key_version = (SELECT position FROM data_key_version WHERE id = '${dataKeyVersionId}')
       WHERE key = ${SECOND_KEY}`,
    );
    await using(async (database) => {
      await expectRejection(database.keys.find(key!), TamperedRecordError);
      expect(await report(database)).to.include(
        fill('error key {secondKey}: It is not what the server wrote'),
      );
    });
  });

  it('a row that cannot even be read does not end the walk', async () => {
    editDatabase(
      directory,
      `UPDATE keystore SET controller = NULL, controllers = 'no JSON' WHERE position = ${KEYSTORE}`,
      `UPDATE key_record SET mac_key_version = 77 WHERE position = ${KEY}`,
    );
    await using(async (database) => {
      await expectRejection(database.keystores.find(keystores[0]!.id), TamperedRecordError);
      await expectRejection(database.keys.find(keys[0]!), TamperedRecordError);
      editDatabase(directory, `UPDATE key_record SET type = 'x' WHERE position = ${SECOND_KEY}`);
      const found = await report(database);
      expect(found).to.include(fill('error keystore {keystore}: It cannot be read: it is not JSON.'));
      expect(found).to.include(fill('error key {key}: It cannot be read: A row names a data key version'));
      expect(found).to.include(fill('error key {secondKey}: It is not what the server wrote.'));
      expect(await database.keystores.find(keystores[1]!.id)).to.deep.equal(keystores[1]);
    });
  });

  it('a list with one such record fails; so does one that names a keystore for a stranger', async () => {
    await using(async (database) => {
      const list = (controller: string) => database.keystores.list({controller, limit: 10});
      const listKeys = () => database.keys.list({keystoreId: keystores[0]!.id, limit: 10});
      expect((await list(ALICE)).results).to.have.deep.members(keystores);
      expect((await listKeys()).results).to.have.deep.members(keys.slice(0, 2));
      editDatabase(
        directory,
        `INSERT INTO keystore_controller VALUES ('${BOB}', 0, ${KEYSTORE})`,
        `UPDATE keystore SET meter_id = 'x' WHERE position = ${OTHER}`,
        `UPDATE key_record SET public_alias = 'x' WHERE position = ${SECOND_KEY}`,
      );
      expect((await expectRejection(list(ALICE), TamperedRecordError)).record.keystoreId).to.equal(
        keystores[1]!.id,
      );
      expect((await expectRejection(list(BOB), TamperedRecordError)).record.keystoreId).to.equal(
        keystores[0]!.id,
      );
      await expectRejection(listKeys(), TamperedRecordError);
    });
  });

  it('keys of no keystore are noted', () =>
    using(async (database) => {
      await database.hierarchy.createKeys('https://kms.example/kms/keystores/none', ['audit']);
      expect(await database.check()).to.deep.equal([
        {
          severity: 'note',
          kind: 'keys',
          record: 'https://kms.example/kms/keystores/none',
          message: 'They are of no keystore: one was not stored in the end, or was removed.',
        },
      ]);
    }));

  it('a keystore whose keys were removed is named', async () => {
    editDatabase(
      directory,
      `DELETE FROM data_key_version WHERE data_key IN (SELECT position FROM data_key WHERE root_key = ${SCOPE})`,
      `DELETE FROM data_key WHERE root_key = ${SCOPE}`,
      `DELETE FROM root_key_version WHERE root_key = ${SCOPE}`,
      `DELETE FROM root_key WHERE position = ${SCOPE}`,
    );
    await using(async (database) => {
      await expectUse(database, 'fails');
      expect(await report(database)).to.match(new RegExp(fill('error keystore {keystore}: ')));
    });
  });

  it('two keys of material in each other’s rows are named, though their MACs were made by the server', () =>
    using(async (database) => {
      // Only the server itself could do this: the MAC is right, the material is another key's.
      const {stores, authenticator} = database;
      const stolen: KeyRecord = {...keys[0]!, sequence: 1, versions: keys[1]!.versions};
      const authentication = await authenticator.authenticateKey(stolen);
      editDatabase(
        directory,
        `DELETE FROM key_version WHERE key = ${KEY}`,
        `DELETE FROM key_record WHERE position = ${KEY}`,
      );
      await stores.keys.insert({...stolen, authentication}, {maxPerKeystore: 10});
      expect(await report(database)).to.include(
        fill('error key {key}: The material of its version 1 does not open'),
      );
    }));
});
