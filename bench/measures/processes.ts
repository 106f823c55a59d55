import {availableParallelism} from 'node:os';
import type {MeasureResult} from '../report/results.ts';
import type {Column} from '../speed/column.ts';
import {startServerColumn} from '../speed/kms-column.ts';
import {measure, type Sample} from '../speed/measure.ts';
import type {Row} from '../speed/row.ts';
import {figureOf, ratioOf} from '../speed/statistics.ts';

const LANES = 32;
/** For each process, before anything counts: until what is hot is compiled. */
const WARM_UP = 8000;

interface Turn extends Sample {
  /** Requests per second if neither the load nor anybody else took the processors. */
  readonly ownPerSecond: number;
}

/**
 * What a second process brings. Where the load has no processor of its own, it takes what the second process would have: there
 * it is computed what the servers would answer if all that was not idle of the processors had been theirs.
 */
export async function measureProcesses(
  row: Row,
  {rounds, seconds}: {readonly rounds: number; readonly seconds: number},
): Promise<readonly MeasureResult[]> {
  const columns: Column[] = [];
  const turns: Turn[][] = [[], []];
  try {
    for (const workers of [1, 2]) {
      columns.push(await startServerColumn({name: 'server', environment: {WEBKMS_WORKERS: String(workers)}}));
    }
    let count = 1;
    for (const [index, column] of columns.entries()) {
      const warmUp = await measure(column, row, WARM_UP * (index + 1), {lanes: LANES});
      count = Math.max(count, Math.round((warmUp?.perSecond ?? NaN) * seconds));
    }
    for (let round = 0; round < rounds; round++) {
      for (const [index, column] of columns.entries())
        turns[index]?.push(await take(column, row, {count, processes: index + 1}));
    }
  } finally {
    await Promise.all(columns.map((column) => column.stop()));
  }
  const [one = [], two = []] = turns;
  const of = (list: readonly Turn[], read: (turn: Turn) => number): number => figureOf(list.map(read)).median;
  const compare = (read: (turn: Turn) => number): number => ratioOf(two.map(read), one.map(read)).median;
  const cpu = (turn: Turn): number => turn.cpuMicroseconds;
  const rate = (turn: Turn): number => turn.perSecond;
  return [
    {
      ...{
        name: 'processes-cpu',
        title: 'two processes ÷ one, CPU per request',
        value: compare(cpu),
        unit: '×',
      },
      detail: `${of(one, cpu).toFixed(0)} and ${of(two, cpu).toFixed(0)} µs`,
    },
    {
      ...{name: 'processes-rate', title: 'two processes ÷ one, requests per second', unit: '×'},
      value: compare(({ownPerSecond}) => ownPerSecond),
      detail:
        `load accounted for; as seen, with the load on the same ${availableParallelism()} processors: ` +
        `${of(one, rate).toFixed(0)} and ${of(two, rate).toFixed(0)} per second`,
    },
  ];
}

async function take(
  column: Column,
  row: Row,
  {count, processes}: {readonly count: number; readonly processes: number},
): Promise<Turn> {
  const sample = await measure(column, row, count, {lanes: LANES});
  if (!sample) throw new Error('The server has no such requests.');
  const {cpuMicroseconds, perSecond, idleProcessors} = sample;
  const busy = availableParallelism() - idleProcessors;
  const isCrowded = availableParallelism() <= processes;
  const own = (Math.min(processes, busy) * 1e6) / cpuMicroseconds;
  return {...sample, ownPerSecond: isCrowded || processes === 1 ? own : perSecond};
}
