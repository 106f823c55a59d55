import {execFile, spawnSync} from 'node:child_process';
import {promisify} from 'node:util';

/** Skips the test where there is no `sqlite3` program; where all that is needed must be there, that is a failure. */
export function requireSqlite3(context: Mocha.Context): void {
  if (spawnSync('sqlite3', ['--version']).status === 0) return;
  if (process.env['CI'] === 'true') throw new Error('The sqlite3 program is missing.');
  console.log('    skipped: the sqlite3 program is missing');
  context.skip();
}

/** Runs statements on a database with the `sqlite3` program, as somebody who got hold of the file would. */
export async function sqlite3(database: string, statements: string): Promise<string> {
  const {stdout} = await promisify(execFile)('sqlite3', [
    '-bail',
    '-cmd',
    '.timeout 5000',
    database,
    statements,
  ]);
  return stdout;
}

/** As `sqlite3`, without the triggers that keep mistakes out and do not keep an attacker out. */
export async function sqlite3Unguarded(database: string, statements: string): Promise<string> {
  const triggers = await sqlite3(
    database,
    `SELECT name || ' ' || hex(sql) FROM sqlite_schema WHERE type = 'trigger'`,
  );
  const rows = triggers
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const drop = rows.map(([name = '']) => `DROP TRIGGER ${name};`).join('\n');
  // Letter for letter as they were: a check compares them with what they should be.
  const create = rows.map(([, sql = '']) => `${Buffer.from(sql, 'hex').toString()};`).join('\n');
  return sqlite3(
    database,
    `PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;\n${drop}\n${statements}\n${create}\nCOMMIT;`,
  );
}
