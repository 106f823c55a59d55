/**
 * Single-row commits per second of a bare database with the pragmas that the server sets, each in a transaction of its own, as
 * large as a key's. Run: `node bench/measures/bare-commits.ts <directory> <seconds>`; prints the figure.
 */
import {randomBytes} from 'node:crypto';
import {join} from 'node:path';
import {openDatabase} from '../../lib/storage/sqlite/open-database.ts';

const [directory = '.', seconds = '1'] = process.argv.slice(2);
const RECORD_BYTES = 400;

// The server's own opening: whatever it sets is set here, too.
const db = await openDatabase(join(directory, `bare-${process.pid}.db`), 1000);
db.exec(
  'CREATE TABLE bare (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record BLOB NOT NULL) STRICT',
);
const insert = db.prepare('INSERT INTO bare (id, record) VALUES (?, ?)');
const startedAt = performance.now();
let count = 0;
while (performance.now() - startedAt < Number(seconds) * 1000) {
  insert.run(`z1A${randomBytes(16).toString('hex')}`, randomBytes(RECORD_BYTES));
  count += 1;
}
console.log(String((count * 1000) / (performance.now() - startedAt)));
db.close();
