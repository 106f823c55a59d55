import {spawn, type ChildProcess} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {keyProcessesOf, keyProcessOf} from '../isolation/key-process-of.ts';
import {killProcess, workersOf} from '../processes/workers-server.ts';
import {skipFor} from '../support/missing-program.ts';
import {RawClient} from '../support/raw-client.ts';
import {importKnownKeys} from './known-keys.ts';
import {inParallel, signing} from './population.ts';
import {inMemory, SecretSearch} from './process-memory.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));
const KEYS = 100;
const REQUESTS = 4000;

async function heapSnapshot(pid: number, directory: string): Promise<Buffer> {
  process.kill(pid, 'SIGUSR2');
  for (;;) {
    await sleep(300);
    const name = (await readdir(directory)).find((file) => file.endsWith('.heapsnapshot'));
    if (name === undefined) continue;
    const bytes = await readFile(join(directory, name));
    if (bytes.subarray(-3).toString().trim().endsWith('}')) return bytes;
  }
}

async function newKeyProcess(parent: number, known: readonly number[]): Promise<number> {
  for (;;) {
    const found = keyProcessesOf(parent).find((pid) => !known.includes(pid));
    if (found !== undefined) return found;
    await sleep(50);
  }
}

describe('known private keys, in a server whose keys are in a process of their own', function () {
  this.timeout(180_000);
  let dataDir: string;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-isolated-'));
  });

  afterEach(async () => {
    if (child?.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await rm(dataDir, {recursive: true, force: true});
  });

  const serve = async (
    isolation: string,
    secrets: readonly Buffer[],
    {workers = 1, requests = REQUESTS}: {readonly workers?: number; readonly requests?: number} = {},
  ) => {
    const port = await freePort();
    const environment = {
      WEBKMS_BASE_URL: `https://localhost:${port}`,
      WEBKMS_LISTEN: `127.0.0.1:${port}`,
      WEBKMS_DATA_DIR: dataDir,
      WEBKMS_RATE_LIMIT: 'off',
      WEBKMS_LOG_LEVEL: workers === 1 ? 'warn' : 'fatal',
    };
    const urls = await importKnownKeys(environment, secrets);
    const server = spawn(process.execPath, ['--heapsnapshot-signal=SIGUSR2', LAUNCHER, 'serve'], {
      cwd: dataDir,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        ...environment,
        WEBKMS_ISOLATION: isolation,
        WEBKMS_WORKERS: String(workers),
      },
    });
    child = server;
    for await (const line of createInterface({input: server.stdout}))
      if (line.startsWith('listening on ')) break;
    server.stdout.resume();
    const ca = await readFile(join(dataDir, 'tls.crt'), 'utf8');
    const clients = Array.from({length: 8}, () => new RawClient({port, ca}));
    const load = inParallel(clients, requests, async (client, i) => {
      const {status} = await client.send(signing(urls[i % urls.length] ?? ''));
      // Of several workers one loses its key process.
      expect(status).to.be.oneOf(workers === 1 ? [200] : [200, 503]);
      if (status === 503) await sleep(10);
    });
    return {
      pid: server.pid ?? 0,
      load: load.finally(() => {
        for (const client of clients) client.close();
      }),
    };
  };

  const needsProc = (context: Mocha.Context): void => {
    if (process.platform === 'linux' && process.getuid?.() === 0) return;
    skipFor(context, 'the memory of other processes is read by root, on Linux');
  };

  it(`of ${KEYS}: none in the memory of the process that answers requests, under load and after; all in that of the keys`, async function () {
    needsProc(this);
    const secrets = Array.from({length: KEYS}, () => randomBytes(32));
    const {pid, load} = await serve('process', secrets);
    const keys = await keyProcessOf(pid);
    await sleep(1500);
    const during = inMemory(pid, secrets);
    await load;
    const root = Buffer.from((await readFile(join(dataDir, 'root.key'), 'utf8')).trim(), 'base64url');
    expect(root).to.have.length(32);
    const after = inMemory(pid, [...secrets, root]);
    const there = inMemory(keys, [...secrets, root]);
    const snapshot = await heapSnapshot(pid, dataDir);
    const inSnapshot = new SecretSearch(secrets);
    inSnapshot.search(snapshot);
    console.log(
      `    answers requests: ${during.found} of ${KEYS} under load, ${after.found} after, ${inSnapshot.found.size} in its heap snapshot ` +
        `(${after.bytes} bytes searched); has the keys: ${there.found} of ${KEYS} and the root`,
    );
    expect(during.found).to.equal(0);
    expect(after.found).to.equal(0);
    expect(inSnapshot.found.size).to.equal(0);
    // The root of trust, too.
    expect(there.found).to.equal(KEYS + 1);
  });

  it('of two workers: none in the memory of either, nor of the primary, nor the root, which one key process was given by the other', async function () {
    needsProc(this);
    const secrets = Array.from({length: 20}, () => randomBytes(32));
    const {pid, load} = await serve('process', secrets, {workers: 2, requests: 2000});
    const [keys = 0, other = 0] = keyProcessesOf(pid);
    killProcess(keys);
    const next = await newKeyProcess(pid, [keys, other]);
    await load;
    const root = Buffer.from((await readFile(join(dataDir, 'root.key'), 'utf8')).trim(), 'base64url');
    for (const process of [pid, ...workersOf(pid)])
      expect(inMemory(process, [...secrets, root]).found, String(process)).to.equal(0);
    expect(inMemory(other, [...secrets, root]).found).to.equal(secrets.length + 1);
    expect(inMemory(next, [root]).found).to.equal(1);
  });

  it('are found where there is one process: the search finds them', async function () {
    needsProc(this);
    const secrets = Array.from({length: KEYS}, () => randomBytes(32));
    const {pid, load} = await serve('none', secrets);
    await load;
    expect(inMemory(pid, secrets).found).to.equal(KEYS);
  });
});
