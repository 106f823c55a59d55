/**
 * For how long the event loop of a server does not turn, whatever is asked of it while a client signs: each operation of each key
 * type by itself and in batches, the largest lists and keys, cold chains, operators' jobs. In milliseconds: the CPU that the
 * thread took from one turn to the next (the longest; the median of the longest of each round; the 99th percentile), how
 * late a turn came, the disk included, and the longest stop for garbage. Time for which there was no processor is not counted, but
 * in the last: on a busy machine its helpers wait, too. Linux only.
 * Run: `node bench/event-loop.ts [--set requests|jobs|keys] [--only text] [--rounds 3] [--json file] [--isolation process]`. Ends with
 * 1 where the median of the longest is over 10 ms. With isolation it is the HTTP process that is looked at. SERVER_OPTIONS are given to the server's Node, e.g. `--cpu-prof`.
 */
import {writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {signing} from '../test/demonstrations/population.ts';
import {fill} from './event-loop/fill.ts';
import {JOB_SCENARIOS} from './event-loop/job-scenarios.ts';
import {KEY_SCENARIOS} from './event-loop/key-scenarios.ts';
import {Place} from './event-loop/place.ts';
import {REQUEST_SCENARIOS} from './event-loop/request-scenarios.ts';
import type {LoopDelays} from './event-loop/sample-loop.ts';
import type {Scenario} from './event-loop/scenario.ts';
import {medianOf} from './speed/statistics.ts';

const GOAL_MS = 10;
const PAUSE_MS = 5;

const SETS = {requests: REQUEST_SCENARIOS, jobs: JOB_SCENARIOS, keys: KEY_SCENARIOS};

const {values} = parseArgs({
  options: {
    set: {type: 'string', default: ''},
    only: {type: 'string', default: ''},
    rounds: {type: 'string', default: '3'},
    json: {type: 'string'},
    isolation: {type: 'string', default: 'none'},
  },
});

interface Row {
  readonly name: string;
  readonly longest: number;
  readonly medianOfLongest: number;
  readonly p99: number;
  readonly longestDelay: number;
  readonly longestGarbage: number;
}

/** A client that signs now and then. @returns what ends it */
async function lightLoad(place: Place): Promise<() => Promise<void>> {
  const key = await place.generate('Ed25519VerificationKey2020');
  const client = place.client();
  const ending = new AbortController();
  const running = (async () => {
    while (!ending.signal.aborted) {
      await client.send(signing(key));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    client.close();
  })();
  return () => {
    ending.abort();
    return running;
  };
}

async function measure(work: () => Promise<unknown>, place: Place): Promise<readonly LoopDelays[]> {
  const rounds: LoopDelays[] = [];
  while (rounds.length < Number(values.rounds)) {
    await place.delays();
    await work();
    rounds.push(await place.delays());
  }
  return rounds;
}

const US_PER_MS = 1000;
function rowOf({name}: Scenario, rounds: readonly LoopDelays[]): Row {
  const longest = rounds.map(({work}) => work.longest / US_PER_MS);
  return {
    name,
    longest: Math.max(...longest),
    medianOfLongest: medianOf(longest),
    p99: medianOf(rounds.map(({work}) => work.p99 / US_PER_MS)),
    longestDelay: Math.max(...rounds.map(({delay}) => delay.longest / US_PER_MS)),
    longestGarbage: Math.max(...rounds.map(({garbage}) => garbage.longest / US_PER_MS)),
  };
}

const scenarios = Object.entries(SETS)
  .filter(([name]) => values.set === '' || name === values.set)
  .flatMap(([, set]) => set)
  .filter(({name}) => name.includes(values.only));
const place = await Place.prepare({WEBKMS_ISOLATION: values.isolation});
const rows: Row[] = [];
try {
  const filled = await fill(place.environment);
  await place.start();
  const endLoad = await lightLoad(place);
  try {
    for (const scenario of scenarios) {
      const work = await scenario.prepare(place, filled);
      const row = rowOf(scenario, await measure(work, place));
      rows.push(row);
      console.error(`${row.medianOfLongest.toFixed(2).padStart(10)}   ${row.name}`);
    }
  } finally {
    await endLoad();
  }
} finally {
  await place.stop();
}
rows.sort((a, b) => b.medianOfLongest - a.medianOfLongest);
console.log('   longest    median       p99     delay   garbage   (ms)');
for (const {name, ...figures} of rows) {
  const columns = [
    figures.longest,
    figures.medianOfLongest,
    figures.p99,
    figures.longestDelay,
    figures.longestGarbage,
  ];
  console.log(`${columns.map((ms) => ms.toFixed(2).padStart(10)).join('')}   ${name}`);
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({goalMs: GOAL_MS, rows}, null, 2)}\n`);
process.exitCode = rows.some(({medianOfLongest}) => medianOfLongest > GOAL_MS) ? 1 : 0;
