import {cp} from 'node:fs/promises';
import Database from 'better-sqlite3';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import {AuthenticatedKeyStore} from '../../lib/integrity/authenticated-key-store.ts';
import {AuthenticatedKeystoreStore} from '../../lib/integrity/authenticated-keystore-store.ts';
import {writeAnchor} from '../../lib/integrity/anchor.ts';
import {checkDatabase} from '../../lib/integrity/check.ts';
import {compareAnchor} from '../../lib/integrity/compare-anchor.ts';
import type {Finding} from '../../lib/integrity/finding.ts';
import {Pacer} from '../../lib/integrity/pacer.ts';
import {RecordAuthenticator} from '../../lib/integrity/record-authenticator.ts';
import {SoftwareKeyModule} from '../../lib/key-modules/software/software-key-module.ts';
import {KeyHierarchy} from '../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {PURPOSES} from '../../lib/sealing/scopes.ts';
import type {KeyRecord, KeyVersionRecord} from '../../lib/storage/key-record.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {ALICE, keystoreUrl, NOW} from '../storage/records.ts';

const log = {info: () => undefined, warn: () => undefined};

/** Everything between a database file and requests, as the server puts it together. */
export class OpenDatabase {
  readonly stores: SqliteStores;
  readonly root: RootOfTrust;
  readonly hierarchy: KeyHierarchy;
  readonly authenticator: RecordAuthenticator;
  readonly module: SoftwareKeyModule;
  readonly keystores: AuthenticatedKeystoreStore;
  readonly keys: AuthenticatedKeyStore;

  private constructor(stores: SqliteStores, root: RootOfTrust) {
    this.stores = stores;
    this.root = root;
    const hierarchy = new KeyHierarchy({store: stores.keyHierarchy, roots: root, purposes: PURPOSES});
    this.hierarchy = hierarchy;
    this.authenticator = new RecordAuthenticator({wrappers: hierarchy});
    this.module = new SoftwareKeyModule({wrappers: hierarchy});
    const {authenticator} = this;
    const refresh = () => hierarchy.refresh();
    const deleteScope = (scope: string) => hierarchy.deleteScope(scope);
    this.keystores = new AuthenticatedKeystoreStore({
      store: stores.keystores,
      authenticator,
      refresh,
      deleteScope,
    });
    this.keys = new AuthenticatedKeyStore({store: stores.keys, authenticator, refresh});
  }

  static async open(directory: string): Promise<OpenDatabase> {
    const stores = await SqliteStores.open({path: `${directory}/webkms.db`});
    const seedUri = `file:${directory}/root.key`;
    return new OpenDatabase(stores, await RootOfTrust.open({store: stores.keyHierarchy, seedUri, log}));
  }

  async addKeystore(members: Partial<KeystoreConfig> = {}): Promise<KeystoreConfig> {
    const config = {id: keystoreUrl(), sequence: 0, controller: ALICE, kmsModule: 'software', ...members};
    await this.keystores.insert(config, {creator: ALICE, maxPerCreator: 1000});
    return config;
  }

  async addKey(
    keystoreId: string,
    members: Partial<KeyRecord> = {},
    ofVersion: Partial<KeyVersionRecord> = {},
  ): Promise<KeyRecord> {
    const type = 'Ed25519VerificationKey2020' as const;
    const id = {keystoreId, localKeyId: generateLocalId(), type};
    const generated = await this.module.generateKey({...id, version: 1});
    const record: KeyRecord = {
      ...id,
      ...{sequence: 0, createdAt: NOW, updatedAt: NOW, origin: 'generated', state: 'enabled'},
      versions: [{version: 1, createdAt: NOW, state: 'enabled', ...generated, ...ofVersion}],
      ...members,
    };
    await this.keys.insert(record, {maxPerKeystore: 1000});
    return record;
  }

  async check(anchor?: readonly string[]): Promise<Finding[]> {
    const {stores, authenticator, hierarchy, root, module} = this;
    const readAnchor = anchor && (() => from(anchor));
    const options = {stores, authenticator, wrappers: hierarchy, roots: root, now: NOW, readAnchor};
    return collect(checkDatabase({...options, keyModules: new Map([['software', module]])}));
  }

  /** What of the check concerns the anchor. */
  async compare(anchor: readonly string[]): Promise<Finding[]> {
    const {stores, hierarchy} = this;
    const pacer = new Pacer({step: 'comparing'});
    const readLines = () => from(anchor);
    return collect(compareAnchor({stores, wrappers: hierarchy, readLines, pacer, now: NOW}));
  }

  async anchor(): Promise<string[]> {
    const {stores, authenticator, hierarchy} = this;
    return collect(writeAnchor({stores, authenticator, wrappers: hierarchy, now: NOW}));
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.hierarchy.close();
    await this.root.close();
    await this.stores.close();
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

/** Changes the file as somebody can who has it: without triggers, foreign keys and checks. */
export function editDatabase(directory: string, ...statements: readonly string[]): void {
  const db = new Database(`${directory}/webkms.db`);
  try {
    db.pragma('foreign_keys = OFF');
    db.pragma('ignore_check_constraints = ON');
    const triggers = db
      .prepare<[], {name: string; sql: string}>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
      .all();
    for (const {name} of triggers) db.exec(`DROP TRIGGER ${name}`);
    for (const statement of statements) {
      if (db.prepare(statement).run().changes === 0) throw new Error(`Nothing was changed by: ${statement}`);
    }
    for (const {sql} of triggers) db.exec(sql);
  } finally {
    db.close();
  }
}

/** The columns of a table, by name. */
export function columnsOf(directory: string, table: string): string[] {
  const db = new Database(`${directory}/webkms.db`, {readonly: true});
  try {
    const columns = db.prepare<[string], {name: string}>('SELECT name FROM pragma_table_info(?)').all(table);
    return columns.map(({name}) => name);
  } finally {
    db.close();
  }
}

/** Copies a database that nobody has open, with its root key. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  await cp(from, to, {recursive: true});
}
