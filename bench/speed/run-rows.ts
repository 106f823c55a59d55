import type {CellResult, RowResult} from '../report/results.ts';
import type {Column} from './column.ts';
import type {Sample} from './measure.ts';
import {measureRow, warmUp, type Effort, type RowSamples} from './measure-row.ts';
import type {Row} from './row.ts';
import {figureOf, ratioOf} from './statistics.ts';

/** @param options.tell Called with each row as soon as it was measured. */
export async function runRows(
  rows: readonly Row[],
  columns: readonly Column[],
  {effort, tell}: {readonly effort: Effort; readonly tell: (result: RowResult) => void},
): Promise<readonly RowResult[]> {
  const results: RowResult[] = [];
  for (const [row, costs] of await warmUp(rows, columns, effort)) {
    const samples = await measureRow(row, costs, effort);
    const result = {name: row.name, title: row.title, cells: cellsOf(samples)};
    tell(result);
    results.push(result);
  }
  return results;
}

const cpuOf = (samples: readonly Sample[]): readonly number[] =>
  samples.map(({cpuMicroseconds}) => cpuMicroseconds);

function cellsOf(row: RowSamples): RowResult['cells'] {
  const server = row.get('server');
  const cells = [...row].map(([name, samples]) => {
    const median = (read: (sample: Sample) => number): number => figureOf(samples.map(read)).median;
    const cell: CellResult = {
      cpuMicroseconds: figureOf(cpuOf(samples)),
      perSecond: median(({perSecond}) => perSecond),
      p50: median(({p50}) => p50),
      p99: median(({p99}) => p99),
      rssMB: median(({rssMB}) => rssMB),
      loadShare: median(({loadShare}) => loadShare),
      serverTimes: server && ratioOf(cpuOf(server), cpuOf(samples)),
    };
    return [name, cell] as const;
  });
  return Object.fromEntries(cells);
}
