/**
 * What a request costs, beside what it cannot do without and beside the reference, in one run: CPU of the server's process.
 *
 *   node bench/speed.ts [--short | --long] [--publish]
 *   node bench/speed.ts --rows sign-root,sign-1 [--columns limit,server] [--measures fairness] [--rounds 9] [--beside <another directory of the project>]
 *
 * Ends with 1 where the short form finds a figure far off its goal.
 */
import {availableParallelism, cpus} from 'node:os';
import {runMeasures} from './measures/run-measures.ts';
import {formatResults} from './report/format-results.ts';
import {judgeGoals} from './report/goals.ts';
import type {MeasureResult, Results, RowResult} from './report/results.ts';
import {writeResults} from './report/write-results.ts';
import {startReferenceColumn, startServerColumn, type KmsColumn} from './speed/kms-column.ts';
import {startLimitColumn} from './speed/limit-column.ts';
import type {Column} from './speed/column.ts';
import {readOptions} from './speed/options.ts';
import type {ColumnName} from './speed/row.ts';
import {runRows} from './speed/run-rows.ts';

const options = readOptions(process.argv.slice(2));
const startedAt = performance.now();
const running: Column[] = [];
let server: KmsColumn | undefined;

async function start(name: ColumnName): Promise<Column> {
  switch (name) {
    case 'limit':
    case 'express':
      return startLimitColumn(name);
    case 'reference':
      return startReferenceColumn();
    case 'beside':
      return startServerColumn({name, project: options.beside});
    case 'server':
      return (server = await startServerColumn({name}));
  }
}

const tell = (line: string): void => {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stderr.write(`${seconds.padStart(4)} s  ${line}\n`);
};
const tellRow = ({title, cells}: RowResult): void => {
  const cpu = Object.entries(cells).map(
    ([name, {cpuMicroseconds, serverTimes}]) =>
      `${name} ${cpuMicroseconds.median.toFixed(0)}${serverTimes && name !== 'server' ? ` (×${serverTimes.median.toFixed(3)} ±${(serverTimes.spread * 50).toFixed(1)}%)` : ''}`,
  );
  tell(`${title}: µs ${cpu.join(', ')}`);
};

try {
  for (const name of options.columns) running.push(await start(name));
  tell(`started: ${options.columns.join(', ')}; those with keys do what they are timed for`);
  const rows = await runRows(options.rows, running, {effort: options.effort, tell: tellRow});
  const measures: MeasureResult[] = [];
  if (server) {
    for await (const measure of runMeasures(options.measures, options.form, server)) {
      tell(`${measure.title}: ${measure.value.toFixed(3)} ${measure.unit} (${measure.detail})`);
      measures.push(measure);
    }
  }
  const results: Results = {
    machine: {node: process.version, processors: availableParallelism(), model: cpus()[0]?.model ?? ''},
    ...{date: new Date().toISOString(), form: options.form, rows, measures},
  };
  console.log(formatResults(results));
  if (options.measures.length > 0) console.log(`\nwritten to ${writeResults(results, options)}`);
  if (options.form === 'short' && judgeGoals(results).some(({isFarOff}) => isFarOff)) process.exitCode = 1;
} finally {
  await Promise.all(running.map((column) => column.stop()));
}
