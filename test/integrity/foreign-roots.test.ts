import {randomBytes} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import Database from 'better-sqlite3';
import {UnavailableError} from '../../lib/errors.ts';
import {formatFinding} from '../../lib/integrity/finding.ts';
import {rootSealerContext} from '../../lib/sealing/key-hierarchy/contexts.ts';
import {newScopeRecord, newVersions} from '../../lib/sealing/key-hierarchy/new-keys.ts';
import {OpenedScope} from '../../lib/sealing/key-hierarchy/opened-scope.ts';
import {RootChanges} from '../../lib/sealing/root-changes.ts';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {SealedError} from '../../lib/sealing/sealing-errors.ts';
import {TamperedRecordError} from '../../lib/integrity/tampered-record-error.ts';
import {ROOT_SEALER_PURPOSE, ROOTS_SCOPE} from '../../lib/sealing/scopes.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import type {ScopeKeysRecord} from '../../lib/storage/key-hierarchy-store.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useTempDir} from '../sealing/temp-dir.ts';
import {editDatabase, OpenDatabase} from './database-fixture.ts';

const log = {info: () => undefined, warn: () => undefined};
const FORGER = 'rw_forger';

/** Somebody writes to the database, and knows what a private file of the server's user holds. */
describe('a root of trust that somebody puts into the database', () => {
  const path = useTempDir();
  let database: OpenDatabase;
  let forger: FileWrapper;
  const uri = (name: string): string => `file:${path(name)}`;

  beforeEach(async () => {
    database = await OpenDatabase.open(path(''));
    await database.addKey((await database.addKeystore()).id);
    await writeFile(path('known'), `${randomBytes(32).toString('base64url')}\n`, {mode: 0o600});
    forger = await FileWrapper.open(uri('known'));
  });
  afterEach(async () => {
    await database.close();
    await forger.close();
  });

  const changes = (): RootChanges =>
    new RootChanges({
      store: database.stores.keyHierarchy,
      root: database.root,
      hierarchy: database.hierarchy,
      log,
    });
  const insertForger = (state: string): void =>
    editDatabase(
      path(''),
      `INSERT INTO root_wrapper (position, id, uri, wrapper_key_id, created_at, state)
       VALUES (99, '${FORGER}', '${uri('known')}', '${forger.keyId}', 0, '${state}')`,
    );
  const restart = async (): Promise<void> => {
    await database.close();
    database = await OpenDatabase.open(path(''));
    await changes().resume();
  };
  /** How many root keys the forger could open. */
  const sealedForForger = async (): Promise<number> =>
    (await database.stores.keyHierarchy.countSealed(FORGER)).sealed;
  const openOnes = (): string[] => database.root.opened().map(({wrapper}) => wrapper.uri);

  /** As the forger can: under a root key of their own, sealed under their root, in place of what is there or beside it. */
  async function forgeVouchers(scope: ScopeKeysRecord): Promise<void> {
    const roots = [{id: FORGER, wrapper: forger}];
    const key = await new OpenedScope(scope, {opened: () => roots}).newest(ROOT_SEALER_PURPOSE);
    const db = new Database(path('webkms.db'));
    const run = (sql: string, ...values: unknown[]): void => void db.prepare(sql).run(...values);
    const position = (table: string, id: string): unknown =>
      db.prepare(`SELECT position FROM ${table} WHERE id = ?`).pluck().get(id);
    try {
      if (position('root_key', scope.rootKeyId) === undefined)
        run('INSERT INTO root_key (id, scope) VALUES (?, ?)', scope.rootKeyId, ROOTS_SCOPE);
      for (const {id, version, sealed} of scope.rootKeyVersions.slice(-1)) {
        const rootKey = position('root_key', scope.rootKeyId);
        run(
          'INSERT INTO root_key_version (id, root_key, version, created_at) VALUES (?, ?, ?, 0)',
          id,
          rootKey,
          version,
        );
        for (const {rootWrapperId, blob} of sealed) {
          const places = [position('root_key_version', id), position('root_wrapper', rootWrapperId)];
          run(
            'INSERT INTO sealed_root_key_version (root_key_version, root_wrapper, blob) VALUES (?, ?, ?)',
            ...places,
            blob,
          );
        }
      }
      for (const {id: dataKeyId, purpose, versions} of scope.dataKeys) {
        const rootKey = position('root_key', scope.rootKeyId);
        if (position('data_key', dataKeyId) === undefined)
          run('INSERT INTO data_key (id, root_key, purpose) VALUES (?, ?, ?)', dataKeyId, rootKey, purpose);
        for (const {id, version, blob, rootKeyVersionId} of versions.slice(-1)) {
          const places = [position('data_key', dataKeyId), position('root_key_version', rootKeyVersionId)];
          run(
            'INSERT INTO data_key_version (id, data_key, root_key_version, version, created_at, blob) VALUES (?, ?, ?, ?, 0, ?)',
            ...[id, ...places, version, blob],
          );
        }
      }
      const record = {id: FORGER, wrapperKeyId: forger.keyId};
      run(
        'UPDATE root_wrapper SET sealer = ?, sealer_key_version = ? WHERE id = ?',
        ...[
          key?.seal(forger.exportSealer(), rootSealerContext(record)),
          position('data_key_version', key?.id ?? ''),
          FORGER,
        ],
      );
    } finally {
      db.close();
    }
  }

  for (const state of ['adding', 'active']) {
    it(`is not used where the server is started, as ${state}: no root key is sealed under it, none is made`, async () => {
      insertForger(state);
      await restart();
      expect(openOnes()).to.deep.equal([uri('root.key')]);
      expect(database.root.status()[1]).to.include({id: FORGER, open: false});
      expect(database.root.status()[1]?.reason).to.include(
        'Nothing shows that the server has put the root of trust',
      );
      await expectRejection(database.addKeystore(), UnavailableError);
      expect(await sealedForForger()).to.equal(0);
      expect((await database.check()).map(formatFinding)).to.include(
        `error root-wrapper ${FORGER} (${uri('known')}): It has no sealer, though there are several roots: one was not added by the server.`,
      );
      // An operator takes it out.
      await changes().retire(FORGER);
      await database.addKeystore();
    });
  }

  it('is an error in the log, that names it', async () => {
    insertForger('adding');
    const lines: {fields: object; message: string}[] = [];
    const error = (fields: object, message: string): void => void lines.push({fields, message});
    const store = database.stores.keyHierarchy;
    const root = await RootOfTrust.open({store, seedUri: uri('root.key'), log: {...log, error}});
    await root.refresh();
    await root.close();
    expect(lines).to.have.length(1);
    expect(lines[0]?.message).to.equal(
      'a root of trust that the server has not put into the store is not used',
    );
    expect(lines[0]?.fields).to.include({id: FORGER, uri: uri('known')});
  });

  it('is not used by a server that runs', async () => {
    insertForger('adding');
    await database.hierarchy.refresh();
    await changes().resume();
    expect(openOnes()).to.deep.equal([uri('root.key')]);
    await expectRejection(database.addKeystore(), UnavailableError);
    expect(await sealedForForger()).to.equal(0);
  });

  it('is not used by a server that runs in place of its own root, with keys that this has opened', async () => {
    const keystore = await database.addKeystore();
    const swap = [
      `UPDATE sealed_root_key_version SET root_wrapper = 99`,
      `DELETE FROM root_wrapper WHERE id <> '${FORGER}'`,
    ];
    insertForger('active');
    editDatabase(path(''), ...swap);
    await database.hierarchy.refresh();
    expect(database.root.isSealed()).to.be.true;
    await expectRejection(database.hierarchy.rotateKeys(keystore.id), SealedError);
    // A new process has no other root to compare with; but what the old one sealed does not open.
    await restart();
    expect(openOnes()).to.deep.equal([uri('known')]);
    await expectRejection(database.keystores.find(keystore.id), TamperedRecordError);
  });

  it('is not used because of a voucher that its key has made', async () => {
    insertForger('active');
    const roots = [{id: FORGER, sealer: forger}];
    const purposes = [ROOT_SEALER_PURPOSE];
    await forgeVouchers(await newScopeRecord({scope: ROOTS_SCOPE, purposes}, {roots, createdAt: 0}));
    await restart();
    expect(openOnes()).to.deep.equal([uri('root.key')]);
    await expectRejection(database.addKeystore(), UnavailableError);
    expect(await sealedForForger()).to.equal(1);
    // Of which one is whose, only the setting can tell.
    const error = await expectRejection(
      RootOfTrust.open({store: database.stores.keyHierarchy, seedUri: uri('nothing'), log}),
      RootOfTrustError,
    );
    expect(error.message).to.include('None of the 2 roots of trust can be opened.').and.include(FORGER);
  });

  it('is not used because of a version of keys that it has put beside the others', async () => {
    await changes().add(uri('second.key'));
    insertForger('active');
    const stored = (await database.stores.keyHierarchy.findScope(ROOTS_SCOPE))!;
    const added = await newVersions(stored, {roots: [{id: FORGER, sealer: forger}], createdAt: 0});
    const scope = {
      ...stored,
      rootKeyVersions: [added.rootKeyVersion],
      dataKeys: stored.dataKeys.map((dataKey) => ({...dataKey, versions: added.dataKeyVersions})),
    };
    editDatabase(path(''), `UPDATE root_wrapper SET state = 'active' WHERE id = '${FORGER}'`);
    await forgeVouchers(scope);
    await restart();
    expect(openOnes()).to.deep.equal([uri('root.key'), uri('second.key')]);
    const error = await expectRejection(
      RootOfTrust.open({store: database.stores.keyHierarchy, seedUri: uri('nothing'), log}),
      RootOfTrustError,
    );
    expect(error.message).to.include('None of the 3 roots of trust can be opened.');
  });

  it('is told from one that another process adds, also where keys were rotated and destroyed meanwhile', async () => {
    const other = await OpenDatabase.open(path(''));
    try {
      await other.hierarchy.refresh();
      await changes().add(uri('second.key'));
      await database.hierarchy.rotateKeys(ROOTS_SCOPE, {rewrap: true});
      const [, sealerKey] = await database.hierarchy.listKeys(ROOTS_SCOPE);
      await database.hierarchy.revokeKeyVersion(sealerKey?.versions[0]?.id ?? '');
      await other.hierarchy.refresh();
      expect(other.root.opened()).to.have.length(2);
      await other.addKeystore();
    } finally {
      await other.close();
    }
    await restart();
    expect(openOnes()).to.deep.equal([uri('root.key'), uri('second.key')]);
  });

  it('cannot come about by a sealer that is put on the only root before another is added', async () => {
    editDatabase(path(''), `UPDATE root_wrapper SET sealer = x'01', sealer_key_version = 1`);
    await changes().add(uri('second.key'));
    expect((await database.check()).map(formatFinding)).to.deep.equal([]);
    const store = database.stores.keyHierarchy;
    const root = await RootOfTrust.open({store, seedUri: uri('nothing'), log});
    expect(root.opened()).to.have.length(2);
    await root.close();
  });

  it('is told from one that an operator has added, which is used wherever the setting points', async () => {
    await changes().add(uri('second.key'));
    for (const seed of ['root.key', 'second.key', 'nothing']) {
      const stores = await SqliteStores.open({path: path('webkms.db')});
      const root = await RootOfTrust.open({store: stores.keyHierarchy, seedUri: uri(seed), log});
      expect(root.opened().map(({wrapper}) => wrapper.uri)).to.deep.equal([
        uri('root.key'),
        uri('second.key'),
      ]);
      await root.close();
      await stores.close();
    }
  });
});
