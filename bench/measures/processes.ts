import {availableParallelism} from 'node:os';
import type {MeasureResult} from '../report/results.ts';
import type {Column} from '../speed/column.ts';
import {startServerColumn} from '../speed/kms-column.ts';
import {measure} from '../speed/measure.ts';
import type {Row} from '../speed/row.ts';
import {figureOf, ratioOf} from '../speed/statistics.ts';
import {at} from '../support/at.ts';

/** For each process: two are kept as busy as one. */
const LANES = 24;
/** For each process, before anything counts: until what is hot is compiled. */
const WARM_UP = 20_000;

interface Turn {
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
  /** Requests per second if neither the load nor anybody else took the processors. */
  readonly ownPerSecond: number;
}

/** Servers that are busy at the same time, of so many processes together. */
interface Subject {
  readonly columns: readonly Column[];
  readonly processes: number;
  readonly turns: Turn[];
}

/**
 * What a second process brings; and, beside it, two servers that know nothing of each other: two processes that share a machine's
 * caches are slower for it, whatever they do. Where the load has no processor of its own, it takes what the second process would
 * have: there it is computed what the servers would answer if all that was not idle of the processors had been theirs.
 */
export async function measureProcesses(
  row: Row,
  {rounds, seconds}: {readonly rounds: number; readonly seconds: number},
): Promise<readonly MeasureResult[]> {
  const columns: Column[] = [];
  try {
    for (const workers of ['1', '2', '1', '1'])
      columns.push(await startServerColumn({name: 'server', environment: {WEBKMS_WORKERS: workers}}));
    const [one, two, ...apart] = columns.map((column) => ({columns: [column], processes: 1, turns: []}));
    if (!one || !two) throw new RangeError('No servers.');
    const subjects: readonly Subject[] = [
      one,
      {...two, processes: 2},
      {columns: apart.flatMap((each) => each.columns), processes: 2, turns: []},
    ];
    let perSecond = 0;
    for (const subject of subjects)
      perSecond = Math.max((await take(subject, row, WARM_UP)).perSecond, perSecond);
    for (let round = 0; round < rounds; round++)
      for (const subject of subjects)
        subject.turns.push(await take(subject, row, Math.ceil((perSecond * seconds) / subject.processes)));
    return resultsOf(subjects);
  } finally {
    await Promise.all(columns.map((column) => column.stop()));
  }
}

/** @param requests of each process */
async function take({columns, processes}: Subject, row: Row, requests: number): Promise<Turn> {
  const each = processes / columns.length;
  const samples = await Promise.all(
    columns.map(async (column) => measure(column, row, requests * each, {lanes: LANES * each})),
  );
  const of = (read: (sample: NonNullable<(typeof samples)[number]>) => number): number =>
    samples.reduce((sum, sample) => sum + (sample ? read(sample) : NaN), 0);
  const cpuMicroseconds = of((sample) => sample.cpuMicroseconds) / samples.length;
  const perSecond = of((sample) => sample.perSecond);
  const busy = availableParallelism() - of(({idleProcessors}) => idleProcessors) / samples.length;
  const isCrowded = availableParallelism() <= processes;
  const own = (Math.min(processes, busy) * 1e6) / cpuMicroseconds;
  return {cpuMicroseconds, perSecond, ownPerSecond: isCrowded || processes === 1 ? own : perSecond};
}

function resultsOf(subjects: readonly Subject[]): readonly MeasureResult[] {
  const [one, two, apart] = [0, 1, 2].map((index) => at(subjects, index).turns);
  const cpu = (turn: Turn): number => turn.cpuMicroseconds;
  const own = (turn: Turn): number => turn.ownPerSecond;
  const median = (turns: readonly Turn[] = [], read: (turn: Turn) => number): string =>
    figureOf(turns.map(read)).median.toFixed(0);
  const times = (turns: readonly Turn[] = [], read: (turn: Turn) => number): number =>
    ratioOf(turns.map(read), (one ?? []).map(read)).median;
  const seen = [one, two].map((turns) => median(turns, ({perSecond}) => perSecond)).join(' and ');
  return [
    {
      ...{name: 'processes-cpu', title: 'two processes ÷ one, CPU per request', unit: '×'},
      value: times(two, cpu),
      detail: `${median(one, cpu)} and ${median(two, cpu)} µs; two servers apart ${times(apart, cpu).toFixed(2)}×`,
    },
    {
      ...{name: 'processes-rate', title: 'two processes ÷ one, requests per second', unit: '×'},
      value: times(two, own),
      detail:
        `load accounted for; two servers apart ${times(apart, own).toFixed(2)}×; as seen, with the load on the same ` +
        `${availableParallelism()} processors: ${seen} per second`,
    },
  ];
}
