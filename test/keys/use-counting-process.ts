import {openSync, writeSync} from 'node:fs';
import {UseLimits} from '../../lib/keys/use-limits.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';

/*
 * A process that uses a key over and over; to be killed. Arguments: the database, the key's record as JSON, a file that it
 * writes a byte to for each use that was let through. Standard output: a line when it begins.
 */
const [path = '', json = '', uses = ''] = process.argv.slice(2);
const stores = await SqliteStores.open({path});
const limits = new UseLimits({store: stores.keyUses});
const record = JSON.parse(json) as KeyRecord;
const file = openSync(uses, 'w');
console.log('begins');
for (;;) {
  await limits.take(record, {count: 1, nonce: true});
  writeSync(file, '.');
}
