/**
 * Loaded into a server with `--import`: asks for a turn of the event loop every millisecond, and tells on the Unix socket
 * that LOOP_SOCKET names what kept the turns from coming, to each who connects, since the one before. Linux only (/proc).
 */
import {openSync, readSync} from 'node:fs';
import {createServer} from 'node:net';
import {createHistogram, PerformanceObserver} from 'node:perf_hooks';
import process from 'node:process';
import {isMainThread} from 'node:worker_threads';
import {threadCpuClock} from './thread-cpu.ts';

/** Of the turns of the event loop, in microseconds. */
export interface LoopDelays {
  readonly turns: number;
  /** The time that its thread worked until the next turn came. */
  readonly work: {readonly p99: number; readonly longest: number};
  /** What the turn came too late: with the time that the thread waited for the disk, and without that for a processor. */
  readonly delay: {readonly longest: number};
  /** For how long, by the clock, everything stood still for garbage to be collected. */
  readonly garbage: {readonly longest: number};
}

const EVERY_MS = 1;
const NS_PER_US = 1000;
const US_PER_MS = 1000;

const inUs = (ns: number): number => Math.max(1, Math.round(ns / NS_PER_US));

function sampleLoop(path: string): void {
  const schedule = openSync('/proc/thread-self/schedstat', 'r');
  const text = Buffer.alloc(128);
  const cpuNs = threadCpuClock();
  /** For how long the thread could have run, and did not. */
  const queuedNs = (): number =>
    Number(text.toString('latin1', 0, readSync(schedule, text, 0, text.length, 0)).split(' ')[1]);
  const read = () => ({atNs: Number(process.hrtime.bigint()), queuedNs: queuedNs(), cpuNs: cpuNs()});
  const work = createHistogram();
  const delay = createHistogram();
  let longestGarbageMs = 0;
  new PerformanceObserver((list) => {
    for (const {duration} of list.getEntries()) longestGarbageMs = Math.max(longestGarbageMs, duration);
  }).observe({entryTypes: ['gc']});
  let last = read();
  const turn = (): void => {
    const now = read();
    work.record(inUs(now.cpuNs - last.cpuNs));
    delay.record(inUs(now.atNs - last.atNs - EVERY_MS * 1e6 - (now.queuedNs - last.queuedNs)));
    last = now;
    setTimeout(turn, EVERY_MS).unref();
  };
  turn();
  createServer((socket) => {
    const told: LoopDelays = {
      turns: work.count,
      work: {p99: work.percentile(99), longest: work.max},
      delay: {longest: delay.max},
      garbage: {longest: Math.round(longestGarbageMs * US_PER_MS)},
    };
    socket.on('error', () => undefined).end(JSON.stringify(told));
    work.reset();
    delay.reset();
    longestGarbageMs = 0;
  })
    .listen(path)
    .unref();
}

const {LOOP_SOCKET: path} = process.env;
if (isMainThread && path !== undefined) sampleLoop(path);
