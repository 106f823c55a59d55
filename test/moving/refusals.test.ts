import {createHash} from 'node:crypto';
import {mkdtemp, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {NODE_LEASE} from '../../lib/maintenance/node-presence.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {LocalKms} from '../../lib/client/local/local-kms.ts';
import {makeRootWrapper} from '../storage/records.ts';
import {contentOf, fillStore} from '../storage/transfer-records.ts';
import {killMigrate, migrate} from './migrate-command.ts';

describe('webkms admin migrate refuses', function () {
  this.timeout(60_000);
  let directory: string;
  let dataDir: string;
  const path = (name: string): string => join(directory, name);
  const urlOf = (name: string): string => `sqlite:${path(name)}`;

  const withStores = async <T>(name: string, work: (stores: SqliteStores) => Promise<T>): Promise<T> => {
    const stores = await SqliteStores.open({path: path(name)});
    try {
      return await work(stores);
    } finally {
      await stores.close();
    }
  };
  const isThere = (name: string): Promise<boolean> =>
    stat(path(name)).then(
      () => true,
      () => false,
    );
  /** What is stored, marks too; nothing of who has a lease. */
  const digestOf = async (name: string): Promise<string> => {
    if (!(await isThere(name))) return 'nothing';
    return withStores(name, async (stores) => {
      const content = JSON.stringify([await contentOf(stores), await stores.transfer.readMark()]);
      return createHash('sha256').update(content).digest('hex');
    });
  };

  /** Expects the refusal, and both stores as they were. */
  async function expectRefused(
    message: RegExp,
    {from = 'a.db', to = 'b.db', args = []}: {from?: string; to?: string; args?: readonly string[]} = {},
  ): Promise<void> {
    const before = [await digestOf(from), await digestOf(to)];
    const outcome = await migrate(dataDir, ['--from', urlOf(from), '--to', urlOf(to), ...args]);
    expect(outcome.err).to.match(message);
    expect(outcome.status).to.equal(1);
    expect(outcome.out).to.equal('');
    expect([await digestOf(from), await digestOf(to)]).to.deep.equal(before);
  }

  async function expectMoved({from = 'a.db', to = 'b.db'} = {}): Promise<void> {
    const outcome = await migrate(dataDir, ['--from', urlOf(from), '--to', urlOf(to)]);
    expect(outcome.status, outcome.err).to.equal(0);
    expect(outcome.out).to.match(
      /compared: roots of trust: \d+, key hierarchies: \d+, .*replay memory: \d+, jobs: \d+\n/,
    );
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-moving-'));
    dataDir = path('data');
    await withStores('a.db', fillStore);
  });

  afterEach(() => rm(directory, {recursive: true}));

  it('a source that is not there, and makes none', async () => {
    await expectRefused(/There is no store at .*none\.db/, {from: 'none.db'});
    expect(await isThere('none.db')).to.equal(false);
    expect(await isThere('b.db')).to.equal(false);
  });

  it('a source that is empty, and makes no target', async () => {
    await withStores('empty.db', async () => undefined);
    await expectRefused(/is empty: there is nothing to move/, {from: 'empty.db'});
    expect(await isThere('b.db')).to.equal(false);
  });

  it('a source one of whose roots is not active', async () => {
    await withStores('a.db', ({keyHierarchy}) =>
      keyHierarchy.insertRootWrapper(makeRootWrapper({id: 'rw_new', state: 'adding'})),
    );
    await expectRefused(/root of trust rw_new of the source is adding/);
    await withStores('a.db', ({keyHierarchy}) => keyHierarchy.deleteRootWrapper('rw_new'));
    await expectMoved();
  });

  it('a source with a job that has not ended', async () => {
    const job = {id: 'job_open', steps: ['rewrap'] as const, createdAt: 1};
    const lease = {holder: 'a', now: 1, expiresAt: 2};
    await withStores('a.db', ({jobs}) => jobs.insert(job));
    await expectRefused(/job job_open \(rewrap\) of the source has not ended/);
    await withStores('a.db', async ({jobs}) => {
      await jobs.acquire(job.id, lease);
      await jobs.finish(job.id, {holder: 'a', finishedAt: 3});
    });
    await expectMoved();
  });

  it('a store that another node uses, and says which', async () => {
    await withStores('b.db', async () => undefined);
    for (const name of ['a.db', 'b.db']) {
      const now = Date.now();
      const lease = {holder: 'another', now, expiresAt: now + 60_000};
      await withStores(name, ({leases}) => leases.acquire(`${NODE_LEASE}another`, lease));
      await expectRefused(new RegExp(`${name} is in use by 1 process: node another`));
      await withStores(name, ({leases}) => leases.release(`${NODE_LEASE}another`, 'another'));
    }
    await expectMoved();
  });

  it('a store while a process really uses it, from another data directory', async () => {
    const environment = {WEBKMS_STORAGE: urlOf('used.db')};
    const kms = await LocalKms.open({dataDir: path('other'), controller: 'did:example:alice', environment});
    await expectRefused(/used\.db is in use by 1 process/, {from: 'used.db'});
    await kms.destroy();
    await expectMoved({from: 'used.db'});
  });

  it('while a process has its own data directory', async () => {
    const kms = await LocalKms.open({dataDir, controller: 'did:example:alice'});
    await expectRefused(/data directory .* is in use by another process/);
    await kms.destroy();
    await expectMoved();
  });

  it('a target that holds anything', async () => {
    await withStores('b.db', ({replays}) => replays.remember(Buffer.alloc(32), {expiresAt: 1}));
    await expectRefused(/target .* is not empty: it has replay memory/);
  });

  it('a target that a move of another source has begun to fill', async () => {
    await withStores('other.db', fillStore);
    await killMigrate(dataDir, ['--from', urlOf('other.db'), '--to', urlOf('b.db')], 'copying sealers');
    await expectRefused(/holds what a move from sqlite:.*other\.db has begun/);
    await expectMoved({from: 'other.db'});
  });

  it('another target than the one that it has begun with, until that is given up', async () => {
    await killMigrate(dataDir, ['--from', urlOf('a.db'), '--to', urlOf('b.db')], 'copying sealers');
    await expectRefused(/is being moved to sqlite:.*b\.db\. Give that/, {to: 'c.db'});
    expect(await isThere('c.db')).to.equal(false);
    const cancelled = await migrate(dataDir, ['--cancel', '--from', urlOf('a.db')]);
    expect(cancelled.out).to.include('is given up').and.include('b.db');
    expect(cancelled.status).to.equal(0);
    await expectRefused(/holds what a move from sqlite:.*a\.db has begun/);
    await expectMoved({to: 'c.db'});
  });

  it('a store that was moved, as source and as target, and to go back', async () => {
    await expectMoved();
    await expectRefused(/was moved to sqlite:.*b\.db .*: what it holds is old/, {to: 'c.db'});
    await expectRefused(/target .* was itself moved to/, {from: 'b.db', to: 'a.db'});
    const cancelled = await migrate(dataDir, ['--cancel', '--from', urlOf('a.db')]);
    expect(cancelled.err).to.include('that one counts');
    expect(cancelled.status).to.equal(1);
    await rm(path('b.db'));
    await expectRefused(/There is no store at .*b\.db/);
    await withStores('b.db', async () => undefined);
    await expectRefused(/was moved to sqlite:.*b\.db .*is not there any more/);
  });

  it('the same store twice, by whatever name', async () => {
    await symlink(path('a.db'), path('link.db'));
    await expectRefused(/Source and target are the same/, {to: 'a.db'});
    await expectRefused(/Source and target are the same/, {to: 'link.db'});
  });

  it('a newer schema, another application’s database, and what is none, on either side', async () => {
    const others: readonly (readonly [string, () => Promise<void> | void, RegExp])[] = [
      [
        'newer.db',
        async () => {
          await withStores('newer.db', async () => undefined);
          new Database(path('newer.db')).exec(`INSERT INTO schema_migration VALUES (1000, 'x', 0)`).close();
        },
        /has schema version 1000/,
      ],
      [
        'foreign.db',
        () => void new Database(path('foreign.db')).exec('CREATE TABLE t (a)').close(),
        /another application's database/,
      ],
      ['text.db', () => writeFile(path('text.db'), 'no database '.repeat(1000)), /is not an SQLite database/],
    ];
    for (const [name, make, message] of others) {
      await make();
      const before = await readFile(path(name));
      for (const args of [
        ['--from', urlOf(name), '--to', urlOf('b.db')],
        ['--from', urlOf('a.db'), '--to', urlOf(name)],
      ]) {
        const outcome = await migrate(dataDir, args);
        expect(outcome.err).to.match(message);
        expect(outcome.status).to.equal(1);
        expect(await readFile(path(name))).to.deep.equal(before);
      }
    }
    expect(await isThere('b.db')).to.equal(false);
    await expectMoved();
  });

  it('a target that somebody writes to, when it is verified; then both still wait', async () => {
    await killMigrate(dataDir, ['--from', urlOf('a.db'), '--to', urlOf('b.db')], 'verifying roots');
    new Database(path('b.db')).exec('UPDATE key_record SET description = 1 WHERE position = 7').close();
    const outcome = await migrate(dataDir, ['--from', urlOf('a.db'), '--to', urlOf('b.db')]);
    expect(outcome.err).to.match(/Key z\S+ of keystore \S+ is another one in the target/);
    expect(outcome.status).to.equal(1);
    await withStores('a.db', async ({transfer}) =>
      expect((await transfer.readMark())?.state).to.equal('moving'),
    );
    await withStores('b.db', async ({transfer}) =>
      expect((await transfer.readMark())?.state).to.equal('filling'),
    );
  });

  for (const [what, args, message] of [
    ['no end at all', [], /takes --from URL, --to URL or both/],
    ['a password on the command line', ['--to', 'postgres://u:s3cret@h/d'], /--to has a password/],
    ['a URL that is none', ['--to', 'mysql://h/d'], /--to must be sqlite:<path>/],
    ['a password file without a URL', ['--from', 'sqlite:/x', '--to-password-file', 'f'], /belongs to --to/],
    [
      'a password file of SQLite',
      ['--to', 'sqlite:/x', '--to-password-file', 'f'],
      /is for PostgreSQL and MongoDB/,
    ],
    ['a target to cancel', ['--cancel', '--to', 'sqlite:/x'], /takes no --to/],
  ] as const) {
    it(`${what}, as a wrong command line`, async () => {
      const outcome = await migrate(dataDir, args);
      expect(outcome.status).to.equal(2);
      expect(outcome.err).to.match(message).and.not.include('s3cret');
    });
  }

  it('a server that is not there, naming the option and not the password', async () => {
    await writeFile(path('password'), 's3cret\n');
    const to = ['--to', 'postgres://u@127.0.0.1:1/d', '--to-password-file', path('password')];
    const outcome = await migrate(dataDir, ['--from', urlOf('a.db'), ...to]);
    expect(outcome.status).to.equal(1);
    expect(outcome.err).to.include('--to').and.not.include('WEBKMS_STORAGE').and.not.include('s3cret');
  });
});
