import {setTimeout as sleep} from 'node:timers/promises';
import {idleSeconds} from '../support/process-figures.ts';
import {Lane} from '../load/lane.ts';
import {replay} from '../load/replay.ts';
import type {Column} from './column.ts';
import type {Row} from './row.ts';
import {quantile} from './statistics.ts';

/** Connections, each with one request at a time: what makes a server busy. */
const LANES = 8;
/** For a server to end what it does after its last answer. */
const SETTLE_MS = 20;

/** One measurement of one row in one column. */
export interface Sample {
  /** Of the server, user and system, per request. */
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
  /** Milliseconds, while all lanes are busy. */
  readonly p50: number;
  readonly p99: number;
  readonly rssMB: number;
  /** Processors that the load itself took. */
  readonly loadShare: number;
  /** Processors that nobody used meanwhile. */
  readonly idleProcessors: number;
}

/** @returns undefined where the column has no such row */
export async function measure(
  column: Column,
  row: Row,
  count: number,
  {lanes: width = LANES}: {readonly lanes?: number} = {},
): Promise<Sample | undefined> {
  const requests = await column.make(row, count);
  if (!requests) return undefined;
  const lanes = await Promise.all(Array.from({length: width}, () => Lane.open(column.port)));
  try {
    await sleep(SETTLE_MS);
    const before = column.process.cpuMicroseconds();
    const loadBefore = process.cpuUsage();
    const idleBefore = idleSeconds();
    const {seconds, latenciesMs} = await replay(lanes, requests, (status) => column.isExpected(row, status));
    const load = process.cpuUsage(loadBefore);
    const idle = idleSeconds() - idleBefore;
    await sleep(SETTLE_MS);
    return {
      cpuMicroseconds: (column.process.cpuMicroseconds() - before) / count,
      perSecond: count / seconds,
      p50: quantile(latenciesMs, 0.5),
      p99: quantile(latenciesMs, 0.99),
      rssMB: column.process.memoryMB(),
      loadShare: (load.user + load.system) / 1e6 / seconds,
      idleProcessors: idle / seconds,
    };
  } finally {
    for (const lane of lanes) lane.close();
  }
}
