import type {ColumnName} from '../speed/row.ts';
import {judgeGoals} from './goals.ts';
import type {CellResult, Results} from './results.ts';

const HEADINGS: Readonly<Record<ColumnName, string>> = {
  limit: 'limit',
  express: 'on Express',
  reference: 'reference',
  beside: 'beside',
  server: 'this server',
};
const COLUMNS = Object.keys(HEADINGS) as readonly ColumnName[];

/** All of a run as text: one table of rows, other figures, goals. */
export function formatResults(results: Results): string {
  const {machine, rows, measures, form} = results;
  const columns = COLUMNS.filter((name) => rows.some(({cells}) => cells[name]));
  const others = columns.filter((name) => name !== 'server');
  const table = [
    [
      'CPU µs per request',
      ...columns.map((name) => HEADINGS[name]),
      ...others.map((name) => `÷ ${HEADINGS[name]}`),
      ...['spread', 'per second', 'p50 ms', 'p99 ms', 'RSS MB'],
    ],
    ...rows.map(({title, cells}) => [
      title,
      ...columns.map((name) => micros(cells[name])),
      ...others.map((name) => times(cells[name]?.serverTimes?.median)),
      ...ofServer(cells.server, cells.limit),
    ]),
  ];
  const goals = judgeGoals(results).map(({title, bound, value, isMet}) => [
    title,
    times(value),
    bound,
    isMet ? 'met' : 'NOT MET',
  ]);
  return [
    `Node ${machine.node}, ${machine.processors} processors (${machine.model}), ${form} form; medians. Per second, p50, p99 and RSS: this server, ` +
      'with eight requests at a time, of one process; the load takes its share of the processors.',
    aligned(table),
    aligned([
      ['other figures', '', ''],
      ...measures.map(({title, value, unit, detail}) => [title, `${times(value)} ${unit}`, detail]),
    ]),
    aligned([['goals', 'figure', 'goal', ''], ...goals]),
  ].join('\n\n');
}

const micros = (cell: CellResult | undefined): string => cell?.cpuMicroseconds.median.toFixed(0) ?? '';
const times = (value: number | undefined): string =>
  value === undefined ? '' : String(Number(value.toPrecision(3)));

function ofServer(server: CellResult | undefined, limit: CellResult | undefined): readonly string[] {
  if (!server) return [];
  const {perSecond, p50, p99, rssMB} = server;
  const spread = limit?.serverTimes ? `±${(limit.serverTimes.spread * 50).toFixed(0)}%` : '';
  return [spread, perSecond.toFixed(0), p50.toFixed(1), p99.toFixed(1), rssMB.toFixed(0)];
}

/** The first column to the left, the others to the right. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line) =>
      line
        .map((text, column) =>
          column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
