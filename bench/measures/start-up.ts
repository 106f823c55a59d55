import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {freePort} from '../../test/crash/free-port.ts';
import type {MeasureResult} from '../report/results.ts';
import {figureOf} from '../speed/statistics.ts';
import {serve} from '../support/serve.ts';

/** Long enough for what is loaded after the server listens. */
const IDLE_MS = 2000;

interface StartUp {
  readonly cpuSeconds: number;
  readonly rssMB: number;
}

/** What a start costs: CPU from the first instruction to `listening`, and memory once idle, with TLS as by default. */
export async function measureStartUp({
  runs,
}: {
  readonly runs: number;
}): Promise<{readonly first: StartUp; readonly warm: readonly StartUp[]}> {
  const dataDir = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  try {
    // The first start makes the data directory and fills the compile cache.
    const first = await start(dataDir);
    const warm: StartUp[] = [];
    while (warm.length < runs) warm.push(await start(dataDir));
    return {first, warm};
  } finally {
    rmSync(dataDir, {recursive: true});
  }
}

export async function measureWarmStart(runs: number): Promise<MeasureResult> {
  const {warm} = await measureStartUp({runs});
  const value = figureOf(warm.map(({cpuSeconds}) => cpuSeconds)).median;
  const rssMB = figureOf(warm.map((each) => each.rssMB)).median;
  return {
    ...{name: 'start-up', title: 'CPU from start to listening', value, unit: 's'},
    detail: `${rssMB.toFixed(0)} MB resident when idle`,
  };
}

async function start(dataDir: string): Promise<StartUp> {
  const server = await serve({dataDir, port: await freePort()}, {WEBKMS_TLS: 'self-signed'});
  try {
    const cpuSeconds = server.cpuSeconds();
    await sleep(IDLE_MS);
    return {cpuSeconds, rssMB: server.memoryMB()};
  } finally {
    await server.stop();
  }
}
