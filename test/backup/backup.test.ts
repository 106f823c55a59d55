import {chmod, mkdir, readFile, stat, symlink, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {BackupError} from '../../lib/backup/backup-error.ts';
import {describeBackup} from '../../lib/backup/describe-backup.ts';
import {SealedError} from '../../lib/sealing/sealing-errors.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useBackups} from './backup-fixture.ts';

describe('a backup', () => {
  const fixture = useBackups();
  const file = (): string => fixture.path('backup');

  it('restores to a database in which everything opens, with nothing left beside it', async () => {
    const store = await fixture.populated();
    const {sealed} = store;
    const summary = await store.backUp(file(), {clock: () => 1_700_000_000_000});
    expect((await stat(file())).mode & 0o777).to.equal(0o600);
    expect(summary.bytes).to.equal((await stat(file())).size);
    const [root] = await store.stores.keyHierarchy.listRootWrappers();
    const described = {
      id: summary.id,
      createdAt: '2023-11-14T22:13:20.000Z',
      application: '0.1.0',
      roots: [{id: root?.id, kind: 'file', uri: fixture.uri('root.key'), wrapperKeyId: root?.wrapperKeyId}],
    };
    expect(summary).to.deep.equal({...described, path: file(), bytes: summary.bytes, problems: []});
    expect(await describeBackup(file())).to.deep.equal(described);

    await store.close();
    expect(await fixture.names()).to.deep.equal(['backup', 'root.key', 'webkms.db']);
    const restored = await fixture.restore(file());
    expect(restored).to.deep.equal({
      ...described,
      path: file(),
      storagePath: fixture.path('restored.db'),
      openedBy: {id: root?.id, uri: fixture.uri('root.key')},
      problems: [],
      scopes: 3,
      damagedScopes: [],
    });
    expect(await fixture.names()).to.deep.equal(['backup', 'restored.db', 'root.key', 'webkms.db']);
    expect((await stat(fixture.path('restored.db'))).mode & 0o777).to.equal(0o600);
    await (await fixture.open('restored.db', fixture.uri('root.key'), sealed)).expectAllOpen();
  });

  it('is consistent while others write, and of more than a chunk', async () => {
    const store = await fixture.populated();
    await store.sealSome(600);
    const before = [...store.sealed];
    const writing = new AbortController();
    const writer = (async () => {
      while (!writing.signal.aborted) {
        await store.sealOne();
        await new Promise(setImmediate);
      }
    })();
    await store.backUp(file());
    writing.abort();
    await writer;
    expect(store.sealed.length).to.be.greaterThan(before.length);
    expect((await stat(file())).size).to.be.greaterThan(512 * 1024);
    const {scopes} = await fixture.restore(file());
    expect(scopes).to.be.within(before.length, store.sealed.length);
    await (await fixture.open('restored.db', fixture.uri('root.key'), before)).expectAllOpen();
  });

  it('holds no byte of the database in the clear', async () => {
    const store = await fixture.populated();
    await store.backUp(file());
    const bytes = await readFile(file());
    expect(bytes.includes('SQLite format')).to.equal(false);
    for (const {scope} of store.sealed) expect(bytes.includes(scope)).to.equal(false);
    // The twin: they are in the database.
    await store.close();
    const database = await readFile(fixture.path('webkms.db'));
    for (const {scope} of store.sealed) expect(database.includes(scope)).to.equal(true);
  });

  it('reports how far it is', async () => {
    const store = await fixture.populated();
    const steps: string[] = [];
    const report = ({step}: {step: string}): void => void steps.push(step);
    await store.backUp(file(), {report});
    await fixture.restore(file(), {report});
    expect([...new Set(steps)]).to.deep.equal(['checking', 'copying', 'sealing', 'opening']);
  });

  it('overwrites nothing, not even a link to nowhere', async () => {
    const store = await fixture.populated();
    await writeFile(file(), 'precious');
    expect((await expectRejection(store.backUp(file()), BackupError)).reason).to.equal('exists');
    expect(await readFile(file(), 'utf8')).to.equal('precious');
    await symlink(fixture.path('nowhere'), fixture.path('link'));
    expect((await expectRejection(store.backUp(fixture.path('link')), BackupError)).reason).to.equal(
      'exists',
    );
    await store.close();
    expect(await fixture.names()).to.deep.equal(['backup', 'link', 'root.key', 'webkms.db']);
  });

  it('overwrites nothing that appears meanwhile', async () => {
    const store = await fixture.populated();
    const {stores} = store;
    const copyTo: typeof stores.copyTo = async (path, options) => {
      await stores.copyTo(path, options);
      await writeFile(file(), 'precious');
    };
    const backup = store.backUp(file(), {
      stores: {copyTo, verify: async () => [], keyHierarchy: stores.keyHierarchy},
    });
    expect((await expectRejection(backup, BackupError)).reason).to.equal('exists');
    expect(await readFile(file(), 'utf8')).to.equal('precious');
    await store.close();
    expect(await fixture.names()).to.deep.equal(['backup', 'root.key', 'webkms.db']);
  });

  it('is not made while the server is sealed', async () => {
    const store = await fixture.populated();
    await store.root.seal();
    await expectRejection(store.backUp(file()), SealedError);
    await store.root.unsealStored();
    await store.backUp(file());
  });

  it('leaves nothing where it is cancelled, cannot be written or the copy fails', async function () {
    const store = await fixture.populated();
    const {keyHierarchy} = store.stores;
    const cancelled = store.backUp(file(), {signal: AbortSignal.abort()});
    expect((await expectRejection(cancelled, BackupError)).reason).to.equal('cancelled');
    const failing = {
      keyHierarchy,
      verify: async () => [],
      copyTo: () => Promise.reject(new TypeError('the copy failed')),
    };
    await expectRejection(store.backUp(file(), {stores: failing}), TypeError);
    const nowhere = store.backUp(fixture.path('no/such/directory'));
    const {reason, message} = await expectRejection(nowhere, BackupError);
    expect(reason).to.equal('unwritable');
    expect(message).to.match(/no\/such\/directory: ENOENT/);
    if (process.geteuid?.() !== 0) {
      await mkdir(fixture.path('closed'), {mode: 0o500});
      const closed = await expectRejection(store.backUp(fixture.path('closed/backup')), BackupError);
      expect(closed.message).to.match(/EACCES/);
      await chmod(fixture.path('closed'), 0o700);
    }
    await store.close();
    const names = await fixture.names();
    expect(names.filter((name) => name !== 'closed')).to.deep.equal(['root.key', 'webkms.db']);
  });

  it('deletes what one that died has left, and nothing else', async () => {
    const store = await fixture.populated();
    const left = ['webkms.db.0123456789abcdef.draft', 'webkms.db.0123456789abcdef.draft-wal'];
    left.push('backup.0123456789abcdef.draft');
    const others = ['other.0123456789abcdef.draft', 'webkms.db.bak', 'webkms.db.0123.draft'];
    for (const name of [...left, ...others]) await writeFile(fixture.path(name), '');
    await Promise.all([store.backUp(file()), store.backUp(fixture.path('second'))]);
    await store.close();
    const kept = [...others, 'backup', 'root.key', 'second', 'webkms.db'];
    expect(await fixture.names()).to.deep.equal(kept.sort());
  });
});
