/**
 * A process of its own that works on the database of argv[2], as argv[3] says, and prints a line for each thing that
 * was answered with success.
 */
import {writeSync} from 'node:fs';
import {randomBytes} from 'node:crypto';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertKey, insertKeystore, makeKey, makeRevocation, NOW} from '../records.ts';
import type {Written} from './child.ts';

const [, , path = '', task, ...parameters] = process.argv;
const stores = await SqliteStores.open({path});
const print = (line: string): void => void writeSync(1, `${line}\n`);

async function write(): Promise<never> {
  for (;;) {
    const {id: keystoreId} = await insertKeystore(stores);
    const {localKeyId} = await insertKey(stores, keystoreId);
    const {capabilityId, ...revocation} = makeRevocation(keystoreId);
    await stores.revocations.insert({capabilityId, ...revocation}, {});
    const digest = randomBytes(32);
    await stores.replays.remember(digest, {expiresAt: NOW});
    const written: Written = {keystoreId, localKeyId, capabilityId, digest: digest.toString('hex')};
    print(JSON.stringify(written));
  }
}

/** Inserts keys until the quota is used up. */
async function fill(keystoreId: string, maxPerKeystore: number): Promise<void> {
  for (;;) {
    const key = makeKey(keystoreId);
    await stores.keys.insert(key, {maxPerKeystore});
    print(key.localKeyId);
  }
}

const [first = '', maxPerKeystore] = parameters;
try {
  if (task === 'write') await write();
  if (task === 'copy') {
    await stores.copyTo(first);
    print('copied');
  }
  if (task === 'fill') await fill(first, Number(maxPerKeystore));
} catch (error) {
  print(error instanceof Error ? error.name : String(error));
}
await stores.close();
