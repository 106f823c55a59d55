import {once} from 'node:events';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import type {BackupSummary} from '../../lib/backup/write-backup.ts';
import {adminCommand, type CommandOutcome} from '../support/admin-command.ts';
import {useBackups} from './backup-fixture.ts';

/** Progress goes to standard error. */
function expectDone({status, err}: CommandOutcome): void {
  expect(err).to.match(/^(?:(?:copying|sealing|opening|checking): .*\n)*$/);
  expect(status).to.equal(0);
}

describe('webkms admin backup and restore', function () {
  this.timeout(60_000);
  const fixture = useBackups();
  const file = (): string => fixture.path('backup');
  let shares: readonly string[];

  /** Of the data directory `data`, or another. */
  const run = (args: readonly string[], dataDir = 'data', input = ''): Promise<CommandOutcome> =>
    adminCommand(args, {
      dataDir: fixture.path(dataDir),
      input,
      environment: {WEBKMS_ROOT_WRAPPER: fixture.uri('data/root.key')},
    });

  /** A store with a root in a file and one in shares. */
  beforeEach(async () => {
    await mkdir(fixture.path('data'), {mode: 0o700});
    const store = await fixture.open('data/webkms.db', fixture.uri('data/root.key'));
    await store.sealSome();
    ({shares = []} = await store.changes.add('shamir:2-of-3'));
    await store.close();
  });

  it('write a backup, say what opens it, and make the store of shares', async () => {
    const made = await run(['backup', file()]);
    expectDone(made);
    for (const uri of [fixture.uri('data/root.key'), 'shamir:2-of-3']) expect(made.out).to.include(uri);

    const described = await run(['restore', '--describe', file()], 'nowhere');
    expectDone(described);
    expect(described.out)
      .to.match(/^bkp_[\w-]{22}, made 20.*Z by release /)
      .and.include('shamir:2-of-3');
    expect(await fixture.names()).to.not.include('nowhere');

    await rm(fixture.path('data/root.key'));
    const few = await run(['restore', file()], 'new', `${shares[0] ?? ''}\n`);
    expect(few.status).to.equal(1);
    expect(few.err)
      .to.match(/Too few shares/)
      .and.not.include(shares[0]);
    const restored = await run(['restore', file()], 'new', `${shares[2] ?? ''}\n${shares[0] ?? ''}\n`);
    expectDone(restored);
    expect(restored.out)
      .to.match(/Restored: .*new\/webkms\.db/)
      .and.match(/open: 4 of 4/);
    const again = await run(['restore', file()], 'new', `${shares[2] ?? ''}\n${shares[0] ?? ''}\n`);
    expect(again.status).to.equal(1);
    expect(again.err).to.match(/Nothing is overwritten/);
  });

  it('write the result as JSON', async () => {
    const {status, out} = await run(['backup', '--json', file()]);
    expect(status).to.equal(0);
    const {path, bytes, roots} = JSON.parse(out) as BackupSummary;
    expect([path, bytes]).to.deep.equal([file(), (await readFile(file())).length]);
    expect(roots.map(({kind}) => kind)).to.deep.equal(['file', 'shamir']);
  });

  it('refuse what is no backup, is damaged or is not there', async () => {
    expect((await run(['backup', file()])).status).to.equal(0);
    const bytes = await readFile(file());
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(fixture.path('damaged'), bytes);
    await writeFile(fixture.path('other'), 'something else, of some length');
    for (const [name, message] of [
      ['damaged', /damaged, cut short or was changed/],
      ['other', /not a backup/],
      ['none', /ENOENT/],
    ] as const) {
      const {status, out, err} = await run(['restore', fixture.path(name)], 'new');
      expect([status, out]).to.deep.equal([1, ''], name);
      expect(err).to.match(message);
    }
    expect((await run(['restore', file()], 'new')).status).to.equal(0);
  });

  it('refuse to overwrite, or to write where nobody can', async () => {
    await writeFile(file(), 'precious');
    const {status, err} = await run(['backup', file()]);
    expect(status).to.equal(1);
    expect(err).to.match(/Nothing is overwritten/);
    expect(await readFile(file(), 'utf8')).to.equal('precious');
    const nowhere = await run(['backup', fixture.path('no/such/place')]);
    expect(nowhere.status).to.equal(1);
    expect(nowhere.err).to.match(/cannot be written to .*ENOENT/);
  });

  it('say of a damaged database that it is, and restore it where they are told to', async () => {
    const db = new Database(fixture.path('data/webkms.db'));
    db.exec('CREATE INDEX extra ON keystore (id)');
    db.close();
    const made = await run(['backup', file()]);
    expect(made.status).to.equal(1);
    expect(made.out)
      .to.match(/Written: /)
      .and.match(/The database is damaged: .*extra/);
    const refused = await run(['restore', file()], 'new');
    expect(refused.status).to.equal(1);
    expect(refused.err).to.match(/was damaged when the backup was made.*--damaged/);
    const restored = await run(['restore', '--damaged', file()], 'new');
    expectDone(restored);
    expect(restored.out)
      .to.match(/Restored: /)
      .and.match(/The database is damaged: .*extra/);
  });

  it('refuse a socket for a backup', async () => {
    const server = createServer().listen(fixture.path('socket'));
    await once(server, 'listening');
    try {
      const {status, err} = await run(['restore', fixture.path('socket')], 'new');
      expect(status).to.equal(1);
      expect(err).to.match(/ENXIO|no regular file/);
    } finally {
      server.close();
    }
  });
});
