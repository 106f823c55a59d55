import {randomBytes} from 'node:crypto';
import {readdir} from 'node:fs/promises';
import {dirname} from 'node:path';
import {expect} from 'chai';
import {restoreBackup, type RestoreBackupOptions, type RestoreSummary} from '../../lib/backup/restore.ts';
import {RootBackupSealing, type RootBackupSealingOptions} from '../../lib/backup/root-backup-sealing.ts';
import {writeBackup, type BackupSummary, type WriteBackupOptions} from '../../lib/backup/write-backup.ts';
import {KeyHierarchy} from '../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {RootChanges} from '../../lib/sealing/root-changes.ts';
import {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {FakeSecrets} from '../sealing/secrets-fixture.ts';
import {useTempDir} from '../sealing/temp-dir.ts';

const PURPOSE = 'key-material';
const PLACE = Buffer.from('record');

type BackUpOptions = Partial<Omit<WriteBackupOptions, 'stores'>> & {
  readonly stores?: WriteBackupOptions['stores'] & {
    readonly keyHierarchy: RootBackupSealingOptions['store'];
  };
  readonly clock?: () => number;
};

/** A database, the roots that open it, and what was sealed in it. */
export class Store {
  readonly stores: SqliteStores;
  readonly root: RootOfTrust;
  readonly hierarchy: KeyHierarchy;
  readonly changes: RootChanges;
  readonly storagePath: string;
  readonly sealed: {readonly scope: string; readonly blob: Uint8Array}[];

  private constructor(
    storagePath: string,
    stores: SqliteStores,
    {root, sealed}: {readonly root: RootOfTrust; readonly sealed: Store['sealed']},
  ) {
    this.storagePath = storagePath;
    this.stores = stores;
    this.root = root;
    this.sealed = sealed;
    this.hierarchy = new KeyHierarchy({store: stores.keyHierarchy, roots: root, purposes: [PURPOSE]});
    const log = {info: () => undefined, warn: () => undefined};
    this.changes = new RootChanges({store: stores.keyHierarchy, root, hierarchy: this.hierarchy, log});
  }

  static async open(
    storagePath: string,
    seedUri: string,
    {
      secretSource = new FakeSecrets(),
      sealed = [],
    }: {secretSource?: FakeSecrets; sealed?: Store['sealed']} = {},
  ): Promise<Store> {
    const stores = await SqliteStores.open({path: storagePath});
    const log = {info: () => undefined, warn: () => undefined};
    const root = await RootOfTrust.open({store: stores.keyHierarchy, seedUri, secretSource, log});
    return new Store(storagePath, stores, {root, sealed});
  }

  /** Makes a scope, and seals something under it. */
  async sealOne(): Promise<void> {
    const scope = `https://localhost/kms/keystores/${randomBytes(8).toString('hex')}`;
    const wrapper = await this.hierarchy.wrapperFor(scope, PURPOSE, {create: true});
    this.sealed.push({scope, blob: await wrapper.seal(Buffer.from(scope), PLACE)});
  }

  async sealSome(count = 3): Promise<void> {
    for (let i = 0; i < count; i++) await this.sealOne();
  }

  /** What was sealed opens, by the database's keys. */
  async expectAllOpen(): Promise<void> {
    this.hierarchy.forget();
    expect(this.sealed).to.not.be.empty;
    for (const {scope, blob} of this.sealed) {
      const wrapper = await this.hierarchy.wrapperFor(scope, PURPOSE);
      expect(Buffer.from(await wrapper.open(blob, PLACE)).toString()).to.equal(scope);
    }
  }

  backUp(path: string, {clock, ...options}: BackUpOptions = {}): Promise<BackupSummary> {
    const {stores, root: roots, hierarchy, storagePath} = this;
    const store = options.stores?.keyHierarchy ?? stores.keyHierarchy;
    const sealing = new RootBackupSealing({store, roots, hierarchy, application: '0.1.0', clock});
    return writeBackup({stores, sealing, storagePath, path, ...options});
  }

  async close(): Promise<void> {
    await this.hierarchy.close();
    await this.root.close();
    await this.stores.close();
  }
}

export class BackupFixture {
  readonly path: (name: string) => string;
  lines: {readonly level: string; readonly message: string; readonly fields: object}[] = [];
  secretSource = new FakeSecrets();
  #opened: Store[] = [];

  constructor(path: (name: string) => string) {
    this.path = path;
  }

  uri(name: string): string {
    return `file:${this.path(name)}`;
  }

  async open(name: string, seedUri: string, sealed: Store['sealed'] = []): Promise<Store> {
    const {secretSource} = this;
    const store = await Store.open(this.path(name), seedUri, {secretSource, sealed});
    this.#opened.push(store);
    return store;
  }

  /** A database with a root in a file, and something sealed. */
  async populated(name = 'webkms.db'): Promise<Store> {
    const store = await this.open(name, this.uri('root.key'));
    await store.sealSome();
    return store;
  }

  restore(
    path: string,
    {to = 'restored.db', ...options}: {to?: string} & Partial<RestoreBackupOptions> = {},
  ): Promise<RestoreSummary> {
    return restoreBackup({
      path,
      storagePath: this.path(to),
      rootWrapper: this.uri('root.key'),
      secretSource: this.secretSource,
      openStores: (file) => SqliteStores.open({path: file}),
      log: {
        info: (fields, message) => void this.lines.push({level: 'info', fields, message}),
        warn: (fields, message) => void this.lines.push({level: 'warn', fields, message}),
      },
      ...options,
    });
  }

  /** The names in the directory. */
  async names(): Promise<readonly string[]> {
    return (await readdir(dirname(this.path('x')))).sort();
  }

  async reset(): Promise<void> {
    for (const store of this.#opened) await store.close();
    this.#opened = [];
    this.lines = [];
    this.secretSource = new FakeSecrets();
  }
}

/** An empty directory for each test of the surrounding `describe`. */
export function useBackups(): BackupFixture {
  const fixture = new BackupFixture(useTempDir());
  afterEach(() => fixture.reset());
  return fixture;
}
