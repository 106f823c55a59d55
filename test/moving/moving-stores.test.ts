import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {indexKeysById, useMongoJavaServer} from '../support/mongo-java-server.ts';
import {usePostgres} from '../support/postgres-server.ts';
import {expectAllWorks, makeEverything, type Made} from './kms-with-everything.ts';
import {killMigrate, migrate} from './migrate-command.ts';
import {tableRows} from './table-rows.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const KEYS = LONG ? 100_000 : 200;

/** The leg that leads to it. */
const MONGODB = 1;

/** Prints how long each part took, where that is long. */
function stopwatch(title: string): (part: string) => void {
  let begun = performance.now();
  return (part) => {
    const now = performance.now();
    if (LONG) console.log(`      ${title}: ${part}: ${Math.round((now - begun) / 1000)} s`);
    begun = now;
  };
}

describe('moving a store through every backend, killed once on each leg', function () {
  this.timeout(LONG ? 7_200_000 : 240_000);
  const postgres = usePostgres();
  const mongodb = useMongoJavaServer();
  let dataDir: string;
  let made: Made;
  let places: readonly {readonly url: string; readonly storage: string; readonly password?: string}[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-moving-'));
    const [sql, documents] = [await postgres.createDatabase(), await mongodb.createDatabase()];
    await writeFile(join(dataDir, 'password'), `${postgres.password}\n`);
    const file = (name: string): string => `sqlite:${join(dataDir, name)}`;
    places = [
      {url: file('webkms.db'), storage: file('webkms.db')},
      {url: sql.replace(`:${postgres.password}@`, '@'), storage: sql, password: join(dataDir, 'password')},
      {url: documents, storage: documents},
      {url: file('back.db'), storage: file('back.db')},
    ];
    const lap = stopwatch('SQLite');
    made = await makeEverything({dataDir, storage: file('webkms.db')}, KEYS);
    lap(`${KEYS} keys made`);
  });

  after(async () => {
    if (places[1]) await postgres.dropDatabase(places[1].storage);
    if (places[2]) await mongodb.dropDatabase(places[2].storage);
    // Where a server is missing nothing was made.
    if (places[0]) await rm(dataDir, {recursive: true});
  });

  const argumentsOf = (leg: number): string[] => {
    const [from, to] = [places[leg]!, places[leg + 1]!];
    return [
      ...[
        '--from',
        from.url,
        ...(from.password === undefined ? [] : ['--from-password-file', from.password]),
      ],
      ...['--to', to.url, ...(to.password === undefined ? [] : ['--to-password-file', to.password])],
    ];
  };

  for (const [leg, title, at] of [
    [0, 'SQLite to PostgreSQL', 'copying keys:'],
    [1, 'PostgreSQL to MongoDB', 'copying key hierarchies:'],
    [2, 'MongoDB to SQLite', 'verifying keys:'],
  ] as const) {
    it(`goes from ${title}, and on where it was killed`, async () => {
      const args = argumentsOf(leg);
      const [from, to] = [places[leg]!, places[leg + 1]!];
      expect(await killMigrate(dataDir, args, at), 'killed').to.equal(true);
      for (const {storage} of [from, to]) {
        const refused = await adminCommand(['status'], {dataDir, environment: {WEBKMS_STORAGE: storage}});
        expect(refused.status, storage).to.equal(1);
        expect(refused.err).to.match(/names a store that is being (moved to|filled from)/);
        expect(refused.err).not.to.include(postgres.password);
      }
      if (leg === MONGODB) await indexKeysById(to.storage);
      const lap = stopwatch(title);
      const outcome = await migrate(dataDir, [...args, '--json']);
      lap('moved and compared after the kill');
      expect(outcome.status, outcome.err).to.equal(0);
      expect(outcome.out + outcome.err).not.to.include(postgres.password);
      const result = JSON.parse(outcome.out) as {outcome: string; records: Record<string, number>};
      expect(result.outcome).to.equal('resumed');
      expect(result.records['key']).to.be.greaterThan(KEYS);
      for (const count of Object.values(result.records)) expect(count).to.be.greaterThan(1);

      const old = await adminCommand(['status'], {dataDir, environment: {WEBKMS_STORAGE: from.storage}});
      expect(old.status).to.equal(1);
      expect(old.err).to.include('names a store that was moved to').and.include('what is here is old');
      const again = await migrate(dataDir, args);
      expect(again.status, again.err).to.equal(0);
      expect(again.out).to.include('Nothing was done.');
      const checked = await admin(['check'], {dataDir, environment: {WEBKMS_STORAGE: to.storage}});
      expect(checked).to.include('The database is as it was written.');
      lap('checked');
      if (LONG) console.log(`      ${outcome.out.trim()}`);
      if (!LONG) await expectAllWorks({dataDir, storage: to.storage}, made);
    });
  }

  it('has every row at the end that there was in the beginning, by a comparison of tables', () => {
    const [first, last] = ['webkms.db', 'back.db'].map((name) => tableRows(join(dataDir, name)));
    for (const [table, rows] of Object.entries(first!)) {
      expect(rows, table).to.have.length.greaterThan(0);
      expect(last![table], table).to.deep.equal(rows);
    }
  });

  it('has a server that starts on the last one, and on no other', async () => {
    for (const [index, {storage}] of places.entries()) {
      const options = {dataDir, port: await freePort(), environment: {WEBKMS_STORAGE: storage}};
      const started = await ServerProcess.start(options).catch((error: unknown) => error);
      if (started instanceof ServerProcess) await started.stop();
      expect(started instanceof ServerProcess, storage).to.equal(index === places.length - 1);
      if (index < places.length - 1) expect(String(started)).to.include('names a store that was moved to');
    }
  });

  it('signs with every key at the end', async () => {
    const lap = stopwatch('SQLite');
    await expectAllWorks({dataDir, storage: places[3]!.storage}, made);
    lap(`${made.reduce((sum, {signing}) => sum + signing.length, 0)} keys signed`);
  });
});
