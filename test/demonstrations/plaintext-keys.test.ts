import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {importKnownKeys} from './known-keys.ts';
import {signing} from './population.ts';
import {SecretSearch} from './process-memory.ts';
import {admin} from '../support/admin-command.ts';
import {send} from '../support/signed-request.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));
const KEYS = 100;

describe('known private keys', function () {
  this.timeout(180_000);

  it(`of ${KEYS} keys in use: none in the database, its write-ahead log or the log; what a heap snapshot holds`, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'webkms-known-'));
    const port = await freePort();
    const baseUrl = `https://localhost:${port}`;
    const logFile = join(dataDir, 'server.log');
    const environment = {
      WEBKMS_BASE_URL: baseUrl,
      WEBKMS_LISTEN: `127.0.0.1:${port}`,
      WEBKMS_DATA_DIR: dataDir,
      WEBKMS_RATE_LIMIT: 'off',
      WEBKMS_LOG_LEVEL: 'trace',
      WEBKMS_LOG_FILE: logFile,
    };
    try {
      const secrets = Array.from({length: KEYS}, () => randomBytes(32));
      const urls = await importKnownKeys(environment, secrets);
      const child = spawn(process.execPath, ['--heapsnapshot-signal=SIGUSR2', LAUNCHER, 'serve'], {
        cwd: dataDir,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {PATH: process.env['PATH'], ...environment},
      });
      try {
        for await (const line of createInterface({input: child.stdout})) {
          if (line.startsWith('listening on ')) break;
        }
        child.stdout.resume();
        const ca = await readFile(join(dataDir, 'tls.crt'), 'utf8');
        for (const url of urls) expect((await send({port, ca}, signing(url))).status).to.equal(200);
        // Everything is sealed anew, as an operator does now and then: the log of writes has it all. It keeps that while
        // somebody reads what was there before: the server empties it once soon after its start, and with each erasure.
        const database = join(dataDir, 'webkms.db');
        const before = new Database(database, {readonly: true});
        try {
          before.exec('BEGIN');
          expect(before.prepare('SELECT count(*) FROM key_record').pluck().get()).to.equal(KEYS);
          await admin(['rotate', '--all', '--rewrap'], {dataDir});
          for (const url of urls) expect((await send({port, ca}, signing(url))).status).to.equal(200);
          const written = await readFile(`${database}-wal`);
          const names = urls.map((url) => Buffer.from(url.slice(url.lastIndexOf('/') + 1)));
          expect(names.filter((name) => written.includes(name)).length).to.equal(KEYS);
          expect(found(written, secrets), 'written to the log of writes').to.equal(0);
        } finally {
          before.close();
        }
        await admin(['prune', '--all'], {dataDir});
        for (const url of urls) expect((await send({port, ca}, signing(url))).status).to.equal(200);
        for (const file of ['webkms.db', 'server.log']) {
          expect((await readFile(join(dataDir, file))).length, file).to.be.greaterThan(1000);
        }
        for (const file of ['webkms.db', 'webkms.db-wal', 'server.log']) {
          expect(found(await readFile(join(dataDir, file)), secrets), file).to.equal(0);
        }
        // The search finds what is there: the same file with one secret put in.
        const salted = Buffer.concat([await readFile(logFile), secrets[0] ?? Buffer.of()]);
        expect(found(salted, secrets)).to.equal(1);

        const snapshot = await heapSnapshot(child.pid ?? 0, dataDir);
        const inSnapshot = found(snapshot, secrets);
        console.log(`    heap snapshot of ${snapshot.length} bytes: ${inSnapshot} of ${KEYS} private keys`);
        // A snapshot holds strings, not the bytes of buffers: so this says that no key was ever made a string.
        expect(inSnapshot).to.equal(0);
      } finally {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      }
      for (const file of await readdir(dataDir)) {
        if (file.endsWith('.heapsnapshot')) continue;
        expect(found(await readFile(join(dataDir, file)), secrets), file).to.equal(0);
      }
    } finally {
      await rm(dataDir, {recursive: true, force: true});
    }
  });
});

function found(bytes: Buffer, secrets: readonly Buffer[]): number {
  const search = new SecretSearch(secrets);
  search.search(bytes);
  return search.found.size;
}

async function heapSnapshot(pid: number, directory: string): Promise<Buffer> {
  process.kill(pid, 'SIGUSR2');
  for (;;) {
    await sleep(500);
    const name = (await readdir(directory)).find((file) => file.endsWith('.heapsnapshot'));
    if (name === undefined) continue;
    const bytes = await readFile(join(directory, name));
    if (bytes.subarray(-3).toString().trim().endsWith('}')) return bytes;
  }
}
