/**
 * Whether a store with very many keys serves as one with few: CPU of a signature and memory of the server with a thousand keys and
 * with many, and CPU of the first and the last page of a keystore that has half of them. Each store is measured with both in
 * turn. Run: `node bench/many-keys.ts [keys] [WEBKMS_STORAGE]`; 1000000 in an SQLite file unless told otherwise. The database of
 * another store must be empty, and is not emptied afterwards. Ends with 1 where a signature costs more than 1.1 times as much.
 */
import {randomInt} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pino} from 'pino';
import {loadSettings} from '../lib/config/load-settings.ts';
import {openKeyManagement} from '../lib/key-management.ts';
import {freePort} from '../test/crash/free-port.ts';
import {inParallel, OWNER, signing} from '../test/demonstrations/population.ts';
import {RawClient, signedRequest} from '../test/support/signed-request.ts';
import {at} from './support/at.ts';
import {fillStore, type FilledKeystore} from './support/fill-store.ts';
import {serve, type BenchServer} from './support/serve.ts';

const FEW = 1000;
const KEYSTORES = 100;
/** Of a working set that both stores have in common: what is measured is the store, not the opening of keys. */
const WORKING_SET = 500;
const SIGNATURES = 4000;
const PAGES = 200;

const [many = '1000000', storage] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
const port = await freePort();
const baseUrl = `https://localhost:${port}`;
const environment = {
  WEBKMS_DATA_DIR: dataDir,
  WEBKMS_BASE_URL: baseUrl,
  ...(storage !== undefined && {WEBKMS_STORAGE: storage}),
};
const filled: FilledKeystore[] = [];
const clients: RawClient[] = [];

interface Figures {
  readonly signatureMs: number;
  readonly firstPageMs: number;
  readonly lastPageMs: number;
  readonly memoryMB: number;
}

async function fill(count: number): Promise<void> {
  const closing = new AsyncDisposableStack();
  try {
    const management = await openKeyManagement(loadSettings({environment}), {
      log: pino({level: 'warn'}),
      closing,
    });
    const {transfer} = management.stores;
    if (!transfer) throw new Error('The store cannot be filled in batches.');
    const startedAt = performance.now();
    await fillStore(management, transfer, filled, {baseUrl, keystores: KEYSTORES, count});
    console.log(`filled up to ${count} keys in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  } finally {
    await closing.disposeAsync();
  }
}

/** In HMAC a signature is what takes least, so that what the store takes is seen best. */
async function cpuOf(
  server: BenchServer,
  count: number,
  request: (index: number) => ReturnType<typeof signing>,
): Promise<number> {
  const before = server.cpuSeconds();
  await inParallel(clients, count, async (client, index) => {
    const {status, text} = await client.send(request(index));
    if (status !== 200) throw new Error(`Refused with ${status}: ${text}`);
  });
  return ((server.cpuSeconds() - before) * 1000) / count;
}

/** Where a keystore's last page begins. */
async function lastCursor({id}: FilledKeystore): Promise<string> {
  const client = at(clients, 0);
  let [last, cursor] = ['', ''];
  do {
    last = cursor;
    const {text} = await client.send(page(id, cursor, 1000));
    cursor = (JSON.parse(text) as {readonly cursor?: string}).cursor ?? '';
  } while (cursor !== '');
  return last;
}

const page = (keystoreId: string, cursor: string, limit: number): ReturnType<typeof signing> =>
  signedRequest({
    url: `${keystoreId}/keys?limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    action: 'read',
    signer: OWNER,
    method: 'GET',
  });

async function measure(): Promise<Figures> {
  const server = await serve({dataDir, port}, environment);
  for (let index = 0; index < 8; index++) clients.push(new RawClient(server));
  try {
    const all = filled.flatMap(({keys}) => keys);
    const keys = Array.from({length: WORKING_SET}, () => at(all, randomInt(all.length)));
    const sign = (index: number) => signing(at(keys, index % keys.length));
    await cpuOf(server, SIGNATURES / 2, sign);
    const signatures = [];
    for (let round = 0; round < 5; round++) signatures.push(await cpuOf(server, SIGNATURES, sign));
    const big = at(filled, 0);
    const cursor = await lastCursor(big);
    return {
      signatureMs: at(
        signatures.sort((a, b) => a - b),
        2,
      ),
      firstPageMs: await cpuOf(server, PAGES, () => page(big.id, '', 20)),
      lastPageMs: await cpuOf(server, PAGES, () => page(big.id, cursor, 20)),
      memoryMB: server.memoryMB(),
    };
  } finally {
    for (const client of clients.splice(0)) client.close();
    await server.stop();
  }
}

try {
  const [few, lots] = [await fill(FEW).then(measure), await fill(Number(many)).then(measure)];
  for (const [name, figures] of [
    [`${FEW} keys`, few],
    [`${many} keys`, lots],
  ] as const) {
    const {signatureMs, firstPageMs, lastPageMs, memoryMB} = figures;
    console.log(
      `${name.padEnd(14)} CPU of a signature ${signatureMs.toFixed(3)} ms; of a page of 20, the first ${firstPageMs.toFixed(2)} ms, ` +
        `the last ${lastPageMs.toFixed(2)} ms; memory ${memoryMB.toFixed(0)} MB`,
    );
  }
  const ratio = lots.signatureMs / few.signatureMs;
  console.log(`a signature costs ${ratio.toFixed(2)} times as much`);
  process.exitCode = ratio > 1.1 ? 1 : 0;
} finally {
  rmSync(dataDir, {recursive: true, force: true});
}
