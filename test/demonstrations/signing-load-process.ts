import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {RawClient, type ListeningServer} from '../support/signed-request.ts';
import {signing} from './population.ts';

/** What the first line of standard input holds. */
export interface SigningLoadOptions {
  readonly server: ListeningServer;
  readonly keys: readonly string[];
  /** Requests per second, whether or not the earlier ones were answered. */
  readonly rate: number;
}

/** What a phase was like; a line of JSON on standard output for each line of standard input that ends one. */
export interface LoadPhase {
  readonly name: string;
  readonly requests: number;
  /** What came instead of 200, by what it was. */
  readonly failures: Readonly<Record<string, number>>;
  /** Milliseconds from when a request was due to its answer. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/*
 * A process of its own that signs at a steady rate with each key in turn, and measures. Standard input: the options as
 * a line of JSON, then the name of each phase when it ends; the end of input ends the process.
 */
const CONNECTIONS = 16;

interface Samples {
  latencies: number[];
  failures: Record<string, number>;
}

const empty = (): Samples => ({latencies: [], failures: {}});
let samples = empty();

function summarise(name: string, {latencies, failures}: Samples): LoadPhase {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return {name, requests: sorted.length, failures, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? NaN};
}

async function load({server, keys, rate}: SigningLoadOptions, signal: AbortSignal): Promise<void> {
  const idle = Array.from({length: CONNECTIONS}, () => new RawClient(server));
  const waiting: ((client: RawClient) => void)[] = [];
  const underWay = new Set<Promise<void>>();
  const start = performance.now();
  for (let index = 0; !signal.aborted; index++) {
    const due = start + (index * 1000) / rate;
    const ahead = due - performance.now();
    if (ahead > 0) await sleep(ahead);
    const one = (async () => {
      const client = idle.pop() ?? (await new Promise<RawClient>((resolve) => waiting.push(resolve)));
      const outcome = await client.send(signing(keys[index % keys.length] ?? '')).then(
        ({status, text}) => (status === 200 ? undefined : `${status} ${text.slice(0, 120)}`),
        (error: unknown) => String(error),
      );
      samples.latencies.push(performance.now() - due);
      if (outcome !== undefined) samples.failures[outcome] = (samples.failures[outcome] ?? 0) + 1;
      const next = waiting.shift();
      if (next) next(client);
      else idle.push(client);
    })();
    underWay.add(one);
    void one.finally(() => underWay.delete(one));
  }
  await Promise.all(underWay);
  for (const client of idle) client.close();
}

const ending = new AbortController();
let running: Promise<void> | undefined;
for await (const line of createInterface({input: process.stdin})) {
  if (!running) {
    running = load(JSON.parse(line) as SigningLoadOptions, ending.signal);
    continue;
  }
  const ended = samples;
  samples = empty();
  console.log(JSON.stringify(summarise(line, ended)));
}
ending.abort();
await running;
