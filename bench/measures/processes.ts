import {availableParallelism} from 'node:os';
import type {MeasureResult} from '../report/results.ts';
import type {Column} from '../speed/column.ts';
import {startServerColumn} from '../speed/kms-column.ts';
import {startLimitColumn} from '../speed/limit-column.ts';
import {measure, type Sample} from '../speed/measure.ts';
import type {Row} from '../speed/row.ts';
import {figureOf, ratioOf} from '../speed/statistics.ts';
import {at} from '../support/at.ts';

/** For each process: two are kept as busy as one. */
const LANES = 24;
/** For each process, before anything counts: until what is hot is compiled. */
const WARM_UP = 8000;

interface Turn extends Sample {
  /** Requests per second if neither the load nor anybody else took the processors. */
  readonly ownPerSecond: number;
}

/** A server of so many processes. */
interface Subject {
  readonly column: Column;
  readonly processes: number;
  readonly turns: Turn[];
}

/**
 * What a second process brings, and what it brings the limit: two processes that share a processor's caches are slower for it
 * whatever they do. Where the load has no processor of its own, it takes what the second process would have: there it is computed
 * what the servers would answer if all that was not idle of the processors had been theirs.
 */
export async function measureProcesses(
  row: Row,
  {rounds, seconds}: {readonly rounds: number; readonly seconds: number},
): Promise<readonly MeasureResult[]> {
  const subjects: Subject[] = [];
  try {
    for (const processes of [1, 2]) {
      const environment = {WEBKMS_WORKERS: String(processes)};
      const columns = [
        await startServerColumn({name: 'server', environment}),
        await startLimitColumn('limit', {workers: processes}),
      ];
      subjects.push(...columns.map((column) => ({column, processes, turns: []})));
    }
    let count = 1;
    for (const {column, processes} of subjects) {
      const warmUp = await measure(column, row, WARM_UP * processes, {lanes: LANES * processes});
      count = Math.max(count, Math.round((warmUp?.perSecond ?? NaN) * seconds));
    }
    for (let round = 0; round < rounds; round++)
      for (const subject of subjects) subject.turns.push(await take(subject, row, count));
  } finally {
    await Promise.all(subjects.map(({column}) => column.stop()));
  }
  const turnsOf = (index: number): readonly Turn[] => at(subjects, index).turns;
  return resultsOf({one: turnsOf(0), two: turnsOf(2)}, {one: turnsOf(1), two: turnsOf(3)});
}

async function take({column, processes}: Subject, row: Row, count: number): Promise<Turn> {
  const sample = await measure(column, row, count, {lanes: LANES * processes});
  if (!sample) throw new Error('The server has no such requests.');
  const {cpuMicroseconds, perSecond, idleProcessors} = sample;
  const busy = availableParallelism() - idleProcessors;
  const isCrowded = availableParallelism() <= processes;
  const own = (Math.min(processes, busy) * 1e6) / cpuMicroseconds;
  return {...sample, ownPerSecond: isCrowded || processes === 1 ? own : perSecond};
}

interface Pair {
  readonly one: readonly Turn[];
  readonly two: readonly Turn[];
}

function resultsOf(server: Pair, limit: Pair): readonly MeasureResult[] {
  const compare = ({one, two}: Pair, read: (turn: Turn) => number): number =>
    ratioOf(two.map(read), one.map(read)).median;
  const both = ({one, two}: Pair, read: (turn: Turn) => number): string =>
    [one, two].map((turns) => figureOf(turns.map(read)).median.toFixed(0)).join(' and ');
  const cpu = (turn: Turn): number => turn.cpuMicroseconds;
  const own = (turn: Turn): number => turn.ownPerSecond;
  const ofLimit = (read: (turn: Turn) => number): string =>
    `of the limit ${compare(limit, read).toFixed(2)}×`;
  return [
    {
      ...{name: 'processes-cpu', title: 'two processes ÷ one, CPU per request', unit: '×'},
      value: compare(server, cpu),
      detail: `${both(server, cpu)} µs; ${ofLimit(cpu)}`,
    },
    {
      ...{name: 'processes-rate', title: 'two processes ÷ one, requests per second', unit: '×'},
      value: compare(server, own),
      detail:
        `load accounted for; ${ofLimit(own)}; as seen, with the load on the same ${availableParallelism()} processors: ` +
        `${both(server, ({perSecond}) => perSecond)} per second`,
    },
  ];
}
