import type {ColumnName} from '../speed/row.ts';
import {judgeGoals} from './goals.ts';
import type {CellResult, Results} from './results.ts';

const figure = (value: number | undefined): string =>
  value === undefined ? '' : String(Number(value.toPrecision(3)));
const micros = (cell: CellResult | undefined): string => cell?.cpuMicroseconds.median.toFixed(0) ?? '';

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const ruler = heading.map((_, index) => (index === 0 ? '---' : '--:'));
  return [line(heading), line(ruler), ...rows.map(line)].join('\n');
}

/** The figures of a run as Markdown: a table of rows, one of other figures, one of goals. */
export function publishedTables(results: Results): string {
  const {machine, date, rows, measures} = results;
  const cellOf = (row: (typeof rows)[number], name: ColumnName): string => micros(row.cells[name]);
  const timesOf = (row: (typeof rows)[number], name: ColumnName): string =>
    figure(row.cells[name]?.serverTimes?.median);
  return [
    `Measured on ${date.slice(0, 10)} with Node ${machine.node} on ${machine.processors} processors (${machine.model}): CPU in µs for each request, medians.`,
    table(
      [
        '',
        'limit',
        'on Express',
        'reference',
        'this server',
        '÷ limit',
        '÷ reference',
        'per second',
        'p50 ms',
        'p99 ms',
      ],
      rows.map((row) => [
        row.title,
        ...(['limit', 'express', 'reference', 'server'] as const).map((name) => cellOf(row, name)),
        ...(['limit', 'reference'] as const).map((name) => timesOf(row, name)),
        row.cells.server?.perSecond.toFixed(0) ?? '',
        row.cells.server?.p50.toFixed(1) ?? '',
        row.cells.server?.p99.toFixed(1) ?? '',
      ]),
    ),
    table(
      ['other figures', '', ''],
      measures.map(({title, value, unit, detail}) => [title, `${figure(value)} ${unit}`, detail]),
    ),
    table(
      ['goal', 'figure', '', ''],
      judgeGoals(results).map(({title, value, bound, isMet}) => [
        title,
        figure(value),
        bound,
        isMet ? 'met' : '**not met**',
      ]),
    ),
  ].join('\n\n');
}
