import {copyFile, mkdir, open, readFile, rename, rm, stat, symlink, writeFile} from 'node:fs/promises';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {BackupError} from '../../lib/backup/backup-error.ts';
import type {AskShare, ShareRequest} from '../../lib/backup/open-backup-root.ts';
import {ShamirWrapper} from '../../lib/sealing/wrappers/shamir-wrapper.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useBackups, type Store} from './backup-fixture.ts';

const PASSPHRASE = 'correct horse battery staple';

describe('restoring a backup', () => {
  const fixture = useBackups();
  const file = (): string => fixture.path('backup');
  const remove = (name: string): Promise<void> => rm(fixture.path(name));

  /** Gives one answer after the other, and remembers what it was asked. */
  function answering(answers: readonly string[]): {askShare: AskShare; requests: ShareRequest[]} {
    const left = [...answers];
    const requests: ShareRequest[] = [];
    const askShare: AskShare = async (request) => {
      requests.push(request);
      return left.shift();
    };
    return {askShare, requests};
  }

  /** A backup of a store with the root `root.key`, and one more. @returns the shares of that */
  async function backUpWith(uri: string): Promise<{shares: readonly string[]; sealed: readonly unknown[]}> {
    const store = await fixture.populated();
    const {shares = []} = await store.changes.add(uri, {secrets: fixture.secretSource});
    await store.sealSome();
    const {roots} = await store.backUp(file());
    expect(roots).to.have.length(2);
    await store.close();
    return {shares, sealed: store.sealed};
  }

  it('opens by a root in the environment', async () => {
    const key = Buffer.alloc(32, 7).toString('base64url');
    fixture.secretSource.variables.set('ROOT', key);
    await backUpWith('env:ROOT');
    await remove('root.key');
    expect((await expectRejection(fixture.restore(file()), BackupError)).reason).to.equal('no-root');
    fixture.secretSource.variables.set('ROOT', Buffer.alloc(32, 8).toString('base64url'));
    const {message} = await expectRejection(fixture.restore(file()), BackupError);
    expect(message).to.match(/not the one/);
    fixture.secretSource.variables.set('ROOT', key);
    expect((await fixture.restore(file())).openedBy.uri).to.equal('env:ROOT');
  });

  it('opens by a passphrase, and not by another', async () => {
    await writeFile(fixture.path('pass'), PASSPHRASE, {mode: 0o600});
    const uri = `passphrase:file=${fixture.path('pass')}`;
    await backUpWith(uri);
    await remove('root.key');
    await writeFile(fixture.path('pass'), `${PASSPHRASE}r`);
    const {message, reason} = await expectRejection(fixture.restore(file()), BackupError);
    expect(reason).to.equal('no-root');
    expect(message)
      .to.match(/The passphrase is wrong/)
      .and.not.include(PASSPHRASE);
    await writeFile(fixture.path('pass'), PASSPHRASE);
    expect((await fixture.restore(file())).openedBy.uri).to.equal(uri);
    expect((await fixture.names()).filter((name) => name.includes('draft'))).to.deep.equal([]);
  });

  it('opens by enough shares, in any order, with a mistyped and a foreign one between them', async () => {
    const {shares} = await backUpWith('shamir:2-of-3');
    const [first = '', , third = ''] = shares;
    const {shares: foreign} = await ShamirWrapper.split('shamir:2-of-3');
    await remove('root.key');
    const {reason, message} = await expectRejection(fixture.restore(file()), BackupError);
    expect(reason).to.equal('no-root');
    expect(message).to.match(/shamir:2-of-3/);
    const few = answering([third, third, foreign[0] ?? '']);
    const refused = await expectRejection(fixture.restore(file(), few), BackupError);
    expect(refused.message).to.match(/another root/);
    expect(few.requests.map(({given}) => given)).to.deep.equal([0, 1, 1, 1]);
    const enough = answering(['nonsense', third, foreign[0] ?? '', ` ${first}\n`]);
    const {openedBy, scopes} = await fixture.restore(file(), enough);
    expect(openedBy.uri).to.equal('shamir:2-of-3');
    // Theirs, and the hierarchy's own.
    expect(scopes).to.equal(7);
    expect(enough.requests.map(({problem}) => problem !== undefined)).to.deep.equal([
      false,
      true,
      false,
      true,
    ]);
  });

  it('asks nobody for shares where another root opens', async () => {
    await backUpWith('shamir:2-of-3');
    const nobody = answering([]);
    await fixture.restore(file(), nobody);
    expect(nobody.requests).to.deep.equal([]);
  });

  it('opens by a root that was not at hand when the backup was made, by its sealer', async () => {
    let store = await fixture.populated();
    await store.changes.add(fixture.uri('second.key'));
    await store.close();
    await rename(fixture.path('second.key'), fixture.path('safe'));
    store = await fixture.open('webkms.db', fixture.uri('root.key'), store.sealed);
    expect(store.root.opened()).to.have.length(1);
    await store.sealSome();
    const {roots} = await store.backUp(file());
    expect(roots.map(({uri}) => uri)).to.deep.equal([fixture.uri('root.key'), fixture.uri('second.key')]);
    await store.close();
    await remove('root.key');
    expect((await expectRejection(fixture.restore(file()), BackupError)).reason).to.equal('no-root');
    const {openedBy, damagedScopes} = await fixture.restore(file(), {rootWrapper: fixture.uri('safe')});
    expect(openedBy.uri).to.equal(fixture.uri('safe'));
    expect(damagedScopes).to.deep.equal([]);
    await (await fixture.open('restored.db', fixture.uri('safe'), store.sealed)).expectAllOpen();
  });

  it('is not sealed under a root that is being added or retired', async () => {
    const store = await fixture.populated();
    const {id} = await store.changes.add(fixture.uri('second.key'));
    const {keyHierarchy} = store.stores;
    await keyHierarchy.updateRootWrapper(id, {from: 'active', to: 'retiring'});
    const {roots} = await store.backUp(file());
    expect(roots.map(({uri}) => uri)).to.deep.equal([fixture.uri('root.key')]);
    await store.changes.resume();
    // Added while the copy was made, which may be of before.
    const stores = {
      keyHierarchy,
      verify: async () => [],
      copyTo: async (path: string) => {
        await store.stores.copyTo(path);
        await store.changes.add(fixture.uri('third.key'));
      },
    };
    const meanwhile = await store.backUp(fixture.path('meanwhile'), {stores});
    expect(meanwhile.roots.map(({uri}) => uri)).to.deep.equal([fixture.uri('root.key')]);
    const after = await store.backUp(fixture.path('after'));
    expect(after.roots).to.have.length(2);
  });

  it('asks for a passphrase only where no other root opens', async () => {
    fixture.secretSource.answers.push(PASSPHRASE, PASSPHRASE);
    await backUpWith('passphrase:prompt');
    await rename(fixture.path('root.key'), fixture.path('moved.key'));
    const {secretSource} = fixture;
    const asked = secretSource.questions.length;
    await fixture.restore(file(), {rootWrapper: fixture.uri('moved.key'), to: 'first.db'});
    expect(secretSource.questions).to.have.length(asked);
    expect(fixture.lines).to.deep.equal([]);
    secretSource.answers.push(PASSPHRASE);
    expect((await fixture.restore(file())).openedBy.uri).to.equal('passphrase:prompt');
    expect(secretSource.questions).to.have.length(asked + 1);
    expect(fixture.lines.map(({level, message}) => [level, message])).to.deep.equal([
      ['warn', 'the backup was opened by another root than the setting'],
    ]);
  });

  it('reads no descriptor because a backup says so', async () => {
    const [secret, other] = [fixture.path('pass'), fixture.path('other')];
    await writeFile(secret, PASSPHRASE, {mode: 0o600});
    await backUpWith(`passphrase:file=${secret}`);
    await remove('root.key');
    const handle = await open(secret);
    try {
      // As somebody would write it who has another process read from what it has open.
      const uri = `passphrase:fd=${handle.fd}`;
      const text = (await readFile(file())).toString('latin1');
      const length = Buffer.from(text, 'latin1').readUInt32BE(16);
      const header = text.slice(20, 20 + length).replace(`passphrase:file=${secret}`, uri);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(header.length);
      const forged = text.slice(0, 16) + size.toString('latin1') + header + text.slice(20 + length);
      await writeFile(other, Buffer.from(forged, 'latin1'));
      const {reason, message} = await expectRejection(fixture.restore(other), BackupError);
      expect(reason).to.equal('no-root');
      expect(message).to.match(/passphrase:fd=\d+: it is read only where/);
      expect(await handle.readFile('utf8'), 'still open, unread').to.equal(PASSPHRASE);
    } finally {
      await handle.close();
    }
  });

  it('opens by the file where the setting says it is now; never makes one', async () => {
    const store = await fixture.populated();
    await store.backUp(file());
    await rename(fixture.path('root.key'), fixture.path('moved.key'));
    const before = await fixture.names();
    expect((await expectRejection(fixture.restore(file()), BackupError)).reason).to.equal('no-root');
    expect(await fixture.names()).to.deep.equal(before);
    const {openedBy} = await fixture.restore(file(), {rootWrapper: fixture.uri('moved.key')});
    expect(openedBy.uri).to.equal(fixture.uri('moved.key'));
  });

  it('replaces no database, nor what is left of one, nor a link', async () => {
    const store = await fixture.populated();
    await store.backUp(file());
    for (const name of ['restored.db', 'restored.db-wal', 'restored.db-shm', 'restored.db-journal']) {
      await writeFile(fixture.path(name), '');
      const {reason, message} = await expectRejection(fixture.restore(file()), BackupError);
      expect(reason).to.equal('exists');
      expect(message).to.include(fixture.path(name));
      await remove(name);
    }
    await symlink(fixture.path('nowhere'), fixture.path('restored.db'));
    expect((await expectRejection(fixture.restore(file()), BackupError)).reason).to.equal('exists');
    await remove('restored.db');
    await fixture.restore(file());
  });

  it('makes the directory, and leaves none where it fails', async () => {
    const store = await fixture.populated();
    await store.backUp(file());
    const to = 'new/data/webkms.db';
    const signal = AbortSignal.abort();
    expect((await expectRejection(fixture.restore(file(), {to, signal}), BackupError)).reason).to.equal(
      'cancelled',
    );
    expect(await fixture.names()).to.not.include('new');
    await mkdir(fixture.path('new'));
    await expectRejection(fixture.restore(file(), {to, signal}), BackupError);
    await fixture.restore(file(), {to});
    expect((await stat(fixture.path('new/data'))).mode & 0o777).to.equal(0o700);
  });

  it('says where it cannot write: the path leads through a file', async () => {
    const store = await fixture.populated();
    await store.backUp(file());
    const {reason, message} = await expectRejection(
      fixture.restore(file(), {to: 'root.key/webkms.db'}),
      BackupError,
    );
    expect(reason).to.equal('unwritable');
    expect(message).to.match(/ENOTDIR/);
  });

  describe('of a database that was damaged before', () => {
    /** A backup of a copy that was edited by somebody who puts the triggers back. */
    async function backUpEdited(sql: string): Promise<Store> {
      const store = await fixture.populated();
      const {keyHierarchy} = store.stores;
      const copyTo = async (path: string): Promise<void> => {
        await store.stores.copyTo(fixture.path('edited.db'));
        const db = new Database(fixture.path('edited.db'));
        const triggers = db
          .prepare<[], {name: string; sql: string}>(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
          )
          .all();
        for (const {name} of triggers) db.exec(`DROP TRIGGER ${name}`);
        db.exec(sql);
        for (const {sql} of triggers) db.exec(sql);
        db.pragma('journal_mode = DELETE');
        db.close();
        await copyFile(fixture.path('edited.db'), path);
      };
      await store.backUp(file(), {stores: {keyHierarchy, copyTo, verify: async () => []}});
      return store;
    }

    async function refusal(): Promise<string> {
      const before = await fixture.names();
      const {reason, message} = await expectRejection(fixture.restore(file()), BackupError);
      expect(reason).to.equal('damaged');
      expect(await fixture.names()).to.deep.equal(before);
      return message;
    }

    it('is refused where the database itself finds something wrong', async () => {
      await backUpEdited('PRAGMA foreign_keys = OFF; DELETE FROM root_key_version WHERE position = 1');
      expect(await refusal()).to.match(/was damaged when the backup was made.*root key/);
    });

    it('is restored as it is where the operator says so', async () => {
      await backUpEdited('DROP INDEX keystore_creator; CREATE INDEX keystore_creator ON keystore (id)');
      expect(await refusal()).to.match(/keystore_creator/);
      const {problems, damagedScopes} = await fixture.restore(file(), {acceptDamaged: true});
      expect(problems.join()).to.match(/keystore_creator/);
      expect(damagedScopes).to.deep.equal([]);
    });

    it('is told of when the backup is made', async () => {
      const store = await fixture.populated();
      expect((await store.backUp(file())).problems).to.deep.equal([]);
      const db = new Database(store.storagePath);
      db.exec('CREATE INDEX extra ON keystore (id)');
      db.close();
      const {problems} = await store.backUp(fixture.path('second'));
      expect(problems.join()).to.match(/extra/);
    });

    it('names the scopes whose keys do not open', async () => {
      const spoil = 'UPDATE sealed_root_key_version SET blob = randomblob(length(blob))';
      const {sealed} = await backUpEdited(
        `${spoil} WHERE root_key_version = (SELECT min(root_key_version) FROM sealed_root_key_version)`,
      );
      const {damagedScopes, scopes} = await fixture.restore(file());
      expect([damagedScopes, scopes]).to.deep.equal([[sealed[0]?.scope], 3]);
    });

    it('is refused where none opens', async () => {
      await backUpEdited('UPDATE sealed_root_key_version SET blob = randomblob(length(blob))');
      expect(await refusal()).to.match(/opens none of the keys/);
    });

    it('is refused where it has other roots', async () => {
      await backUpEdited("UPDATE root_wrapper SET wrapper_key_id = 'other'");
      expect(await refusal()).to.match(/does not belong to the root/);
    });

    it('is restored where nothing was edited', async () => {
      await backUpEdited('SELECT 1');
      expect((await fixture.restore(file())).damagedScopes).to.deep.equal([]);
    });
  });
});
