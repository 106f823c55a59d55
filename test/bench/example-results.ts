import type {CellResult, Results, RowResult} from '../../bench/report/results.ts';

/** A cell that took so many microseconds. */
export const cell = (micros: number, serverTimes?: number): CellResult => ({
  cpuMicroseconds: {median: micros, spread: 0.02},
  ...{perSecond: 1e6 / micros, p50: 1.5, p99: 4, rssMB: 120, loadShare: 0.3},
  serverTimes: serverTimes === undefined ? undefined : {median: serverTimes, spread: 0.04},
});

/** A row in which the limit takes 100 µs. */
export const row = (name: string, {server, reference}: {server: number; reference?: number}): RowResult => ({
  name,
  title: `title of ${name}`,
  cells: {
    limit: cell(100, server / 100),
    ...(reference !== undefined && {reference: cell(reference, server / reference)}),
    server: cell(server, 1),
  },
});

export const resultsOf = (
  rows: readonly RowResult[],
  measures: Readonly<Record<string, number>> = {},
): Results => ({
  machine: {node: 'v24.0.0', processors: 2, model: 'an <example> & more'},
  ...{date: '2026-11-22T00:00:00.000Z', form: 'short', rows},
  measures: Object.entries(measures).map(([name, value]) => ({
    ...{name, title: `title of ${name}`, value, unit: '×', detail: 'a detail'},
  })),
});
