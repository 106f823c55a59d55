/**
 * Compares the SQLite drivers of ADR 0003 on this machine: durable single-row commits, point reads of one table and of a
 * join, and what importing the driver and opening a database costs at start. Run: `node bench/sqlite-drivers.ts [seconds per figure]`.
 */
import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import BetterSqlite3 from 'better-sqlite3';
import {medianOf} from './speed/statistics.ts';

interface Driver {
  readonly name: string;
  readonly open: (path: string) => BetterSqlite3.Database | DatabaseSync;
  /** What a process that has done nothing else evaluates; `path` is a free file name. */
  readonly start: string;
}

const betterSqlite3 = createRequire(import.meta.url).resolve('better-sqlite3');
const DRIVERS: readonly Driver[] = [
  {
    name: 'better-sqlite3',
    open: (path) => new BetterSqlite3(path),
    start: `const {default: D} = await import(${JSON.stringify(betterSqlite3)}); new D(path).exec('SELECT 1');`,
  },
  {
    name: 'node:sqlite',
    open: (path) => new DatabaseSync(path),
    start: `const {DatabaseSync: D} = await import('node:sqlite'); new D(path).exec('SELECT 1');`,
  },
];
const ROUNDS = 3;
const ROWS = 10_000;
const secondsPerFigure = Number(process.argv[2] ?? 2);
const idOf = (n: number): string => `https://localhost:9443/kms/keystores/z1A${String(n).padStart(22, '0')}`;
function perSecond(work: (n: number) => void): number {
  const begin = performance.now();
  const end = begin + secondsPerFigure * 1000;
  let count = 0;
  while (performance.now() < end) work(count++);
  return Math.round((count * 1000) / (performance.now() - begin));
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE owner (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE record (
    position INTEGER PRIMARY KEY, owner INTEGER NOT NULL, id TEXT NOT NULL, n INTEGER, blob BLOB, UNIQUE (owner, id)
  ) STRICT;
  INSERT INTO owner (position, id) VALUES (1, 'owner');
`;
/** The same rows, asked for in two ways: only the second binds its variables inside of subqueries over unique keys. */
const JOIN = `SELECT r.id, r.n, r.blob FROM owner o JOIN record r ON r.owner = o.position WHERE o.id = ? AND r.id = ?`;
const JOIN_BY_SUBQUERY = `SELECT r.id, r.n, r.blob FROM owner o JOIN record r ON r.owner = o.position WHERE r.position =
  (SELECT position FROM record WHERE owner = (SELECT position FROM owner WHERE id = ?) AND id = ?)`;

function throughput(driver: Driver, directory: string): Record<string, number> {
  const db = driver.open(join(directory, 'bench.db'));
  db.exec(SCHEMA);
  const insert = db.prepare('INSERT INTO record (owner, id, n, blob) VALUES (1, ?, ?, ?)');
  const blob = randomBytes(100);
  db.exec('BEGIN');
  for (let n = 0; n < ROWS; n++) insert.run(idOf(n), n, blob);
  db.exec('COMMIT');
  const idOfRead = (n: number): string => idOf((n * 7919) % ROWS);
  const find = db.prepare('SELECT id, n, blob FROM record WHERE owner = 1 AND id = ?');
  const findJoined = db.prepare(JOIN);
  const findBySubquery = db.prepare(JOIN_BY_SUBQUERY);
  const figures = {
    'point reads/s': perSecond((n) => void find.get(idOfRead(n))),
    'joins/s': perSecond((n) => void findJoined.get('owner', idOfRead(n))),
    'joins by subquery/s': perSecond((n) => void findBySubquery.get('owner', idOfRead(n))),
    'commits/s': perSecond((n) => void insert.run(idOf(ROWS + n), n, blob)),
  };
  db.close();
  return figures;
}

/** Milliseconds from before the import until a fresh database has answered. */
function startMs(driver: Driver, directory: string): number {
  const path = JSON.stringify(join(directory, 'start.db'));
  const code = `const path = ${path}; const t = performance.now(); ${driver.start} console.log(performance.now() - t);`;
  const args = ['--no-warnings', '--input-type=module', '--eval', code];
  return Number(execFileSync(process.execPath, args, {encoding: 'utf8'}));
}

function inTemporaryDirectory<T>(work: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, {recursive: true});
  }
}

// Rounds alternate between the drivers, so that a busy moment of the machine does not fall on one of them alone.
const rounds = Array.from({length: ROUNDS}, () =>
  DRIVERS.map((driver) =>
    inTemporaryDirectory((directory): Record<string, number> => {
      const starts = Array.from({length: 7}, () => startMs(driver, directory));
      return {...throughput(driver, directory), 'import + open, ms': medianOf(starts)};
    }),
  ),
);

console.log(`Node ${process.version}, ${process.platform}-${process.arch}; medians of ${ROUNDS} rounds`);
console.table(
  Object.fromEntries(
    DRIVERS.map(({name}, index) => {
      const own = rounds.map((round) => round[index] ?? {});
      const names = Object.keys(own[0] ?? {});
      const medians = names.map(
        (figure) => [figure, medianOf(own.map((values) => values[figure] ?? NaN))] as const,
      );
      return [name, Object.fromEntries(medians.map(([figure, value]) => [figure, Number(value.toFixed(1))]))];
    }),
  ),
);
