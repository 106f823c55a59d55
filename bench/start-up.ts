// What a start costs: CPU from the first instruction to `listening`, and memory once idle. Linux only (/proc).
//   node bench/start-up.ts
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';

const RUNS = 5;
/** Of /proc/<pid>/stat: USER_HZ. */
const TICKS_PER_SECOND = 100;

interface Figures {
  readonly cpuSeconds: number;
  readonly rssMB: number;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function measure(dataDir: string): Promise<Figures> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(import.meta.dirname, '../bin/webkms.js'), 'serve'], {
    env: {
      ...process.env,
      WEBKMS_BASE_URL: `https://localhost:${port}`,
      WEBKMS_LISTEN: `127.0.0.1:${port}`,
      WEBKMS_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for (let output = ''; !output.includes('listening on');)
    output += String((await once(child.stdout, 'data'))[0]);
  const [, , , , , , , , , , , , , user, system] = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .split(' ')
    .map(Number);
  // Long enough for what is loaded after the server listens.
  await sleep(2000);
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  child.kill();
  await once(child, 'exit');
  return {cpuSeconds: ((user ?? NaN) + (system ?? NaN)) / TICKS_PER_SECOND, rssMB: Number(rss) / 1024};
}

const dataDir = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
// The first start makes the data directory and fills the compile cache: it is not counted.
const first = await measure(dataDir);
const figures: Figures[] = [];
for (let run = 0; run < RUNS; run++) figures.push(await measure(dataDir));
rmSync(dataDir, {recursive: true});

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
console.log(`first start: ${first.cpuSeconds.toFixed(2)} s of CPU to listening`);
console.log(
  `warm starts: ${median(figures.map(({cpuSeconds}) => cpuSeconds)).toFixed(2)} s of CPU to listening, ` +
    `${median(figures.map(({rssMB}) => rssMB)).toFixed(0)} MB resident when idle (medians of ${RUNS})`,
);
