import Database from 'better-sqlite3';
import {expect} from 'chai';
import {InternalError, UnavailableError} from '../../lib/errors.ts';
import {checkDatabase} from '../../lib/integrity/check.ts';
import {compareAnchor} from '../../lib/integrity/compare-anchor.ts';
import {failureMessage} from '../../lib/integrity/failure-message.ts';
import {formatFinding, type Finding} from '../../lib/integrity/finding.ts';
import {Pacer} from '../../lib/integrity/pacer.ts';
import type {KeyModule} from '../../lib/key-modules/key-module.ts';
import {SealedError} from '../../lib/sealing/sealing-errors.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {withMethods} from '../maintenance/with-methods.ts';
import {useTempDir} from '../sealing/temp-dir.ts';
import {NOW} from '../storage/records.ts';
import {OpenDatabase} from './database-fixture.ts';

const fail = (error: Error) => async (): Promise<never> => {
  throw error;
};

async function collect(findings: AsyncIterable<Finding>): Promise<string[]> {
  const lines: string[] = [];
  for await (const finding of findings) lines.push(formatFinding(finding));
  return lines;
}

describe('a check in trouble', () => {
  const path = useTempDir();
  let database: OpenDatabase;
  let keystoreId: string;
  let keyId: string;

  beforeEach(async () => {
    database = await OpenDatabase.open(path(''));
    ({id: keystoreId} = await database.addKeystore());
    const {localKeyId} = await database.addKey(keystoreId);
    keyId = `${keystoreId}/keys/${localKeyId}`;
  });
  afterEach(() => database.close());

  const check = (
    stores: Stores,
    keyModules: ReadonlyMap<string, KeyModule> = modules(),
  ): Promise<string[]> => {
    const {authenticator, hierarchy, root} = database;
    const options = {stores, authenticator, wrappers: hierarchy, roots: root, keyModules, now: NOW};
    return collect(checkDatabase(options));
  };
  const modules = () => new Map<string, KeyModule>([['software', database.module]]);
  const compare = (stores: Stores, lines: readonly string[]): Promise<string[]> => {
    async function* readLines(): AsyncGenerator<string> {
      yield* lines;
    }
    const pacer = new Pacer({step: 'comparing'});
    return collect(compareAnchor({stores, wrappers: database.hierarchy, readLines, pacer, now: NOW}));
  };

  it('says whose keys it did not open, where their module is not offered', async () => {
    expect(await check(database.stores)).to.deep.equal([]);
    expect(await check(database.stores, new Map())).to.deep.equal([
      `note keystore ${keystoreId}: Its key module software is not offered: the material of its keys was not opened.`,
    ]);
  });

  it('names a rule of the database that is gone', async () => {
    const db = new Database(path('webkms.db'));
    const trigger = db
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'data_key'`)
      .pluck()
      .get()!;
    db.exec(`DROP TRIGGER ${trigger}`);
    db.close();
    const lines = await check(database.stores);
    expect(lines.find((line) => line.startsWith('error schema: '))).to.contain(
      `the trigger ${trigger} is missing`,
    );
  });

  it('names records that cannot be read, and goes on', async () => {
    const unreadable = fail(new InternalError(new SyntaxError('Unexpected token: secret')));
    const {stores} = database;
    const anchor = await database.anchor();
    const keys = withMethods(stores.keys, {find: unreadable});
    const keystores = withMethods(stores.keystores, {find: unreadable});
    const keyHierarchy = withMethods(stores.keyHierarchy, {findScope: unreadable});

    const of = (parts: Partial<Stores>): Stores => withMethods<Stores>(stores, parts);
    expect(await check(of({keys}))).to.deep.equal([`error key ${keyId}: It cannot be read: it is not JSON.`]);
    expect(await compare(of({keys}), anchor)).to.deep.equal([
      `error key ${keyId}: It cannot be read: it is not JSON.`,
    ]);
    expect(await check(of({keystores}))).to.include(
      `error keystore ${keystoreId}: It cannot be read: it is not JSON.`,
    );
    expect(await compare(of({keystores}), anchor)).to.deep.equal([
      `error keystore ${keystoreId}: It cannot be read: it is not JSON.`,
    ]);
    expect(await check(of({keyHierarchy}))).to.include(
      `error keys ${keystoreId}: They cannot be read: it is not JSON.`,
    );
  });

  it('ends where the server is sealed meanwhile', async () => {
    const keys = withMethods(database.stores.keys, {find: fail(new SealedError())});
    const stores = withMethods<Stores>(database.stores, {keys});
    const error = await check(stores).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(SealedError);
  });
});

describe('what a finding says of a failure', () => {
  it('is the reason, never what was being read', () => {
    expect(failureMessage(new Error('It is too short.'))).to.equal('It is too short');
    expect(failureMessage(new SyntaxError('Unexpected token: secret'))).to.equal('it is not JSON');
    expect(failureMessage(new InternalError(new TypeError('No versions.')))).to.equal('No versions');
    expect(failureMessage(new UnavailableError('The store is away.'))).to.equal('The store is away');
    expect(failureMessage('secret')).to.equal('it cannot be read');
    expect(() => failureMessage(new SealedError())).to.throw(SealedError);
  });
});

describe('a walk over the database', () => {
  it('gives way to others, and says how far it is', async () => {
    const reports: object[] = [];
    const pacer = new Pacer({step: 'walking', report: (progress) => reports.push(progress)});
    let turns = 0;
    const others = setInterval(() => turns++, 1);
    try {
      const end = performance.now() + 300;
      while (performance.now() < end) await pacer.step();
    } finally {
      clearInterval(others);
    }
    expect(turns).to.be.greaterThan(10);
    pacer.finish();
    expect(reports).to.have.length.greaterThan(1);
    for (const report of reports) expect(report).to.include({step: 'walking'});
  });

  it('stops where nobody waits for it any more', async () => {
    const stop = new AbortController();
    const pacer = new Pacer({step: 'walking', signal: stop.signal});
    await pacer.step();
    stop.abort(new Error('gone'));
    const error = await pacer.step().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('message', 'gone');
  });
});
