/**
 * What a request costs, beside what it cannot do without and beside the reference, in one run.
 *   node bench/speed.ts [--rows sign-root,sign-1] [--short] [--beside <another directory of the project>]
 */
import {parseArgs} from 'node:util';
import type {Column} from './speed/column.ts';
import {startReferenceColumn, startServerColumn} from './speed/kms-column.ts';
import {startLimitColumn} from './speed/limit-column.ts';
import {measureRow, type Effort, type RowSamples} from './speed/measure-row.ts';
import type {ColumnName} from './speed/row.ts';
import {ROWS} from './speed/rows.ts';
import {figureOf, ratioOf} from './speed/statistics.ts';

const LONG: Effort = {rounds: 9, blockMs: 300, warmUpMs: 1500};
const SHORT: Effort = {rounds: 5, blockMs: 150, warmUpMs: 500};

const {values} = parseArgs({
  options: {
    rows: {type: 'string'},
    columns: {type: 'string'},
    short: {type: 'boolean', default: false},
    beside: {type: 'string'},
    rounds: {type: 'string'},
  },
});
const wanted = values.rows?.split(',');
const rows = ROWS.filter(({name}) => wanted?.includes(name) ?? true);
const effort = {
  ...(values.short ? SHORT : LONG),
  ...(values.rounds !== undefined && {rounds: Number(values.rounds)}),
};
const of = (samples: RowSamples, name: ColumnName): number[] | undefined =>
  samples.get(name)?.map(({cpuMicroseconds}) => cpuMicroseconds);

const columns: Column[] = [];
const start: Readonly<Record<ColumnName, () => Promise<Column>>> = {
  limit: async () => startLimitColumn('limit'),
  express: async () => startLimitColumn('express'),
  reference: async () => startReferenceColumn(),
  beside: async () => startServerColumn({name: 'beside', project: values.beside ?? ''}),
  server: async () => startServerColumn({name: 'server'}),
};
const names = (values.columns?.split(',') as ColumnName[] | undefined) ?? [
  'limit',
  'express',
  'reference',
  ...(values.beside === undefined ? [] : (['beside'] as const)),
  'server',
];
try {
  for (const name of names) columns.push(await start[name]());
  for (const row of rows) {
    const samples = await measureRow(row, columns, effort);
    const text = names.map((name) => {
      const cpu = of(samples, name);
      return cpu ? `${name} ${figureOf(cpu).median.toFixed(0)}` : `${name} -`;
    });
    const server = of(samples, 'server');
    const ratios = names
      .filter((name) => name !== 'server')
      .map((name) => {
        const other = of(samples, name);
        if (!server || !other) return '';
        const {median, spread} = ratioOf(server, other);
        return `server/${name} ${median.toFixed(3)} ±${(spread * 50).toFixed(1)}%`;
      });
    console.log(`${row.name.padEnd(16)} µs: ${text.join(', ')}; ${ratios.join(', ')}`);
  }
} finally {
  await Promise.all(columns.map((column) => column.stop()));
}
