import {spawn} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {createReadStream} from 'node:fs';
import {copyFile, mkdtemp, open, readdir, readFile, rm, stat, truncate} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {runServerProcess, type TestServer} from '../support/run-server.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const SIZE = LONG ? 5 * 1024 ** 3 : 96 * 1024 ** 2;
const MAX_RSS_KB = 200 * 1024;
const CHUNK = 65_536 + 16;
const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** The most that the process had in memory, as far as one looked: kilobytes. */
  readonly peakRss: number;
}

describe(`a file of ${SIZE / 1024 ** 2} MiB, encrypted and decrypted by the command line`, function () {
  this.timeout(LONG ? 1_800_000 : 180_000);
  let server: TestServer;
  let directory: string;
  const path = (name: string): string => join(directory, name);

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-large-'));
    server = await runServerProcess();
    await succeed(['init', '--server', server.baseUrl, '--ca', join(server.dataDir, 'tls.crt')]);
    await succeed(['create', 'files', '--type', 'aes256']);
  });
  after(async () => {
    await server.stop();
    await rm(directory, {recursive: true, force: true});
  });

  it('comes back as it was, in less than 200 MB of memory; changed anywhere it is refused, and nothing is left', async () => {
    const digest = await writeRandomFile(path('plain'), SIZE);
    const encrypted = await succeed([
      'encrypt',
      'files',
      '--input',
      path('plain'),
      '--output',
      path('sealed'),
    ]);
    expect(encrypted.peakRss).to.be.greaterThan(10_000).and.lessThan(MAX_RSS_KB);
    await rm(path('plain'));

    const decrypted = await succeed([
      'decrypt',
      'files',
      '--input',
      path('sealed'),
      '--output',
      path('plain'),
    ]);
    expect(decrypted.peakRss).to.be.greaterThan(10_000).and.lessThan(MAX_RSS_KB);
    expect(await digestOf(path('plain'))).to.equal(digest);
    await rm(path('plain'));
    console.log(`      peak memory: ${encrypted.peakRss >> 10} MB and ${decrypted.peakRss >> 10} MB`);

    const start = await startOfChunks(path('sealed'));
    const {size} = await stat(path('sealed'));
    const near = Math.floor((size * 0.9 - start) / CHUNK) * CHUNK + start;
    const changes: Readonly<Record<string, () => Promise<void>>> = {
      'a flipped byte': () => flip(path('sealed'), near + 1000),
      'a flipped byte, back again, and swapped chunks': async () => {
        await flip(path('sealed'), near + 1000);
        await swap(path('sealed'), near, near + CHUNK);
      },
      'swapped back, and cut off between chunks': async () => {
        await swap(path('sealed'), near, near + CHUNK);
        await truncate(path('sealed'), near);
      },
      'cut off within a chunk': () => truncate(path('sealed'), near - 7),
    };
    for (const [change, make] of Object.entries(changes)) {
      await make();
      const {status, out, err} = await webkms([
        ...['decrypt', 'files', '--input', path('sealed'), '--output', path('plain')],
      ]);
      expect(status, `${change}: ${err}`).to.be.greaterThan(0);
      expect(err, change).to.match(/changed, damaged or cut off/);
      expect(out, change).to.equal('');
      expect((await readdir(directory)).sort(), change).to.deep.equal(['home', 'sealed']);
    }
  });

  it('is not replaced by what does not decrypt', async () => {
    await writeRandomFile(path('small'), 100_000);
    await succeed(['encrypt', 'files', '--input', path('small'), '--output', path('small.sealed')]);
    await copyFile(path('small.sealed'), path('small.damaged'));
    await flip(path('small.damaged'), (await stat(path('small.damaged'))).size - 1);
    const before = await digestOf(path('small'));
    const {status} = await webkms([
      ...['decrypt', 'files', '--input', path('small.damaged'), '--output', path('small')],
    ]);
    expect(status).to.be.greaterThan(0);
    expect(await digestOf(path('small'))).to.equal(before);
    await succeed(['decrypt', 'files', '--input', path('small.sealed'), '--output', path('small')]);
    expect(await digestOf(path('small'))).to.equal(before);
  });

  async function succeed(args: readonly string[]): Promise<Outcome> {
    const outcome = await webkms(args);
    expect(outcome.status, `webkms ${args.join(' ')}: ${outcome.err}`).to.equal(0);
    return outcome;
  }

  async function webkms(args: readonly string[]): Promise<Outcome> {
    const child = spawn(process.execPath, [LAUNCHER, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {PATH: process.env['PATH'], WEBKMS_HOME: path('home')},
    });
    let [out, err, peakRss] = ['', '', 0];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const look = setInterval(() => {
      void readPeakRss(child.pid).then((kilobytes) => (peakRss = Math.max(peakRss, kilobytes)));
    }, 50);
    const [status] = (await once(child, 'close')) as [number | null];
    clearInterval(look);
    return {status, out, err, peakRss};
  }
});

async function readPeakRss(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

/** @returns its SHA-256 */
async function writeRandomFile(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let written = 0; written < size;) {
    const piece = randomBytes(Math.min(1024 ** 2, size - written));
    hash.update(piece);
    written += (await file.write(piece)).bytesWritten;
  }
  await file.close();
  return hash.digest('hex');
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) hash.update(piece);
  return hash.digest('hex');
}

/** docs/file-format.md */
async function startOfChunks(path: string): Promise<number> {
  const file = await open(path, 'r');
  const prefix = Buffer.alloc(12);
  await file.read(prefix, 0, 12, 0);
  await file.close();
  return 12 + prefix.readUInt32BE(8);
}

async function flip(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  byte.writeUInt8(byte.readUInt8() ^ 0x10);
  await file.write(byte, 0, 1, position);
  await file.close();
}

async function swap(path: string, a: number, b: number): Promise<void> {
  const file = await open(path, 'r+');
  const [first, second] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
  await file.read(first, 0, CHUNK, a);
  await file.read(second, 0, CHUNK, b);
  await file.write(second, 0, CHUNK, a);
  await file.write(first, 0, CHUNK, b);
  await file.close();
}
