/**
 * Whether a store with very many keys serves as one with few: CPU of a signature and memory of the server with a thousand keys and
 * with many, and CPU of the first and the last page of a keystore that has half of them. Two servers run, and are measured in
 * turn. Run: `node bench/many-keys.ts [keys] [WEBKMS_STORAGE of few, WEBKMS_STORAGE of many]`; 1000000 in SQLite files unless told
 * otherwise. Databases that are named must be empty, and are not emptied afterwards. Ends with 1 where a signature costs more than
 * 1.1 times as much.
 */
import {inParallel, OWNER, signing} from '../test/demonstrations/population.ts';
import {RawClient, signedRequest} from '../test/support/signed-request.ts';
import {medianOf} from './speed/statistics.ts';
import {at} from './support/at.ts';
import type {FilledKeystore} from './support/fill-store.ts';
import {serveFilled, type FilledServer} from './support/serve-filled.ts';

const FEW = 1000;
const SIGNATURES = 3000;
const CONNECTIONS = 8;
const PAGES = 200;

const ROUNDS = 7;

const [many = '1000000', storageOfFew, storageOfMany] = process.argv.slice(2);

const page = (keystoreId: string, cursor: string, limit: number): ReturnType<typeof signing> =>
  signedRequest({
    url: `${keystoreId}/keys?limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    action: 'read',
    signer: OWNER,
    method: 'GET',
  });

class Subject {
  readonly signatureMs: number[] = [];
  readonly #count: number;
  readonly #server: FilledServer;
  readonly #clients: readonly RawClient[];

  private constructor(count: number, server: FilledServer) {
    this.#count = count;
    this.#server = server;
    this.#clients = Array.from({length: CONNECTIONS}, () => new RawClient(server.process));
  }

  static async start(count: number, storage: string | undefined): Promise<Subject> {
    const startedAt = performance.now();
    const server = await serveFilled(count, async (dataDir, baseUrl) => ({
      ...{WEBKMS_DATA_DIR: dataDir, WEBKMS_BASE_URL: baseUrl},
      ...(storage !== undefined && {WEBKMS_STORAGE: storage}),
    }));
    console.log(`${count} keys made in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    return new Subject(count, server);
  }

  /** In HMAC a signature is what takes least, so that what the store takes is seen best. */
  async sign(): Promise<void> {
    const {workingSet} = this.#server;
    this.signatureMs.push(
      await this.#cpuOf(SIGNATURES, (index) => signing(at(workingSet, index % workingSet.length))),
    );
  }

  async describe(): Promise<string> {
    const big = at(this.#server.keystores, 0);
    const cursor = await this.#lastCursor(big);
    const firstPageMs = await this.#cpuOf(PAGES, () => page(big.id, '', 20));
    const lastPageMs = await this.#cpuOf(PAGES, () => page(big.id, cursor, 20));
    return (
      `${String(this.#count).padStart(8)} keys: CPU of a signature ${medianOf(this.signatureMs).toFixed(3)} ms; of a page of 20, ` +
      `the first ${firstPageMs.toFixed(2)} ms, the last ${lastPageMs.toFixed(2)} ms; memory ${this.#server.process.memoryMB().toFixed(0)} MB`
    );
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#server.stop();
  }

  async #cpuOf(count: number, request: (index: number) => ReturnType<typeof signing>): Promise<number> {
    const {process} = this.#server;
    const before = process.cpuSeconds();
    await inParallel(this.#clients, count, async (client, index) => {
      const {status, text} = await client.send(request(index));
      if (status !== 200) throw new Error(`Refused with ${status}: ${text}`);
    });
    return ((process.cpuSeconds() - before) * 1000) / count;
  }

  /** Where a keystore's last page begins. */
  async #lastCursor({id}: FilledKeystore): Promise<string> {
    const client = at(this.#clients, 0);
    let [last, cursor] = ['', ''];
    do {
      last = cursor;
      const {text} = await client.send(page(id, cursor, 1000));
      cursor = (JSON.parse(text) as {readonly cursor?: string}).cursor ?? '';
    } while (cursor !== '');
    return last;
  }
}

const subjects: Subject[] = [];
try {
  subjects.push(await Subject.start(FEW, storageOfFew));
  subjects.push(await Subject.start(Number(many), storageOfMany));
  // What is compiled, opened and remembered at first.
  for (const subject of subjects) await subject.sign();
  for (const subject of subjects) subject.signatureMs.pop();
  for (let round = 0; round < ROUNDS; round++) for (const subject of subjects) await subject.sign();
  for (const subject of subjects) console.log(await subject.describe());
  const [few, lots] = [medianOf(at(subjects, 0).signatureMs), medianOf(at(subjects, 1).signatureMs)];
  console.log(`a signature costs ${(lots / few).toFixed(2)} times as much`);
  process.exitCode = lots / few > 1.1 ? 1 : 0;
} finally {
  await Promise.all(subjects.map((subject) => subject.stop()));
}
