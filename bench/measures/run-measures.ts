import type {MeasureResult} from '../report/results.ts';
import type {KmsColumn} from '../speed/kms-column.ts';
import type {Form} from '../speed/options.ts';
import type {Row} from '../speed/row.ts';
import {ROWS} from '../speed/rows.ts';
import {measureDurable} from './durable.ts';
import {measureFairness} from './fairness.ts';
import {measureKeysStored} from './keys-stored.ts';
import {measureMemory} from './memory.ts';
import {measureProcesses} from './processes.ts';
import {measureWarmStart} from './start-up.ts';

interface Measure {
  readonly rounds: number;
  readonly seconds: number;
  readonly starts: number;
  readonly keys: readonly number[];
  readonly distinctRequests: number;
}

const FORMS: Readonly<Record<Form, Measure>> = {
  short: {rounds: 3, seconds: 0.5, starts: 2, keys: [], distinctRequests: 0},
  normal: {rounds: 5, seconds: 1.5, starts: 5, keys: [1_000, 100_000], distinctRequests: 60_000},
  long: {rounds: 9, seconds: 2, starts: 9, keys: [1_000, 100_000, 1_000_000], distinctRequests: 1_000_000},
};

/**
 * What is not said by rows. The short form leaves out what takes long to prepare, and what the clock says rather than the CPU.
 * @param server runs, and has been warmed up by rows
 */
export async function* runMeasures(form: Form, server: KmsColumn): AsyncGenerator<MeasureResult> {
  const {rounds, seconds, starts, keys, distinctRequests} = FORMS[form];
  const effort = {rounds, seconds};
  yield measureWarmStart(starts);
  yield measureDurable(server, rowOf('generate'), effort);
  if (form === 'short') return;
  yield* await measureProcesses(rowOf('sign-root'), effort);
  yield* await measureFairness(server, rowOf('sign-root'), effort);
  yield measureKeysStored(keys, {rounds, requests: 3000});
  yield measureMemory(distinctRequests);
}

function rowOf(name: string): Row {
  const row = ROWS.find((each) => each.name === name);
  if (!row) throw new RangeError(`There is no row ${name}.`);
  return row;
}
