import type {MeasureResult} from '../report/results.ts';
import type {KmsColumn} from '../speed/kms-column.ts';
import type {Form} from '../speed/options.ts';
import {rowNamed} from '../speed/rows.ts';
import {measureDurable} from './durable.ts';
import {measureFairness} from './fairness.ts';
import {measureKeysStored} from './keys-stored.ts';
import {measureMemory} from './memory.ts';
import {measureProcesses} from './processes.ts';
import {measureWarmStart} from './start-up.ts';

interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly starts: number;
  readonly keys: readonly number[];
  readonly distinctRequests: number;
}

type Run = (server: KmsColumn, effort: Effort) => Promise<readonly MeasureResult[]>;

const FORMS: Readonly<Record<Form, Effort>> = {
  short: {rounds: 3, seconds: 0.5, starts: 2, keys: [1_000, 10_000], distinctRequests: 10_000},
  normal: {rounds: 5, seconds: 1.5, starts: 5, keys: [1_000, 100_000], distinctRequests: 60_000},
  long: {rounds: 9, seconds: 2, starts: 9, keys: [1_000, 100_000, 1_000_000], distinctRequests: 1_000_000},
};

/** What is not said by rows. */
const MEASURES = new Map<string, Run>([
  ['start-up', async (_server, {starts}) => [await measureWarmStart(starts)]],
  ['durable', async (server, effort) => [await measureDurable(server, rowNamed('generate'), effort)]],
  ['processes', async (_server, effort) => measureProcesses(rowNamed('sign-root'), effort)],
  ['fairness', async (server, effort) => measureFairness(server, rowNamed('sign-root'), effort)],
  [
    'keys-stored',
    async (_server, {keys, rounds}) => [await measureKeysStored(keys, {rounds, requests: 3000})],
  ],
  ['memory', async (_server, {distinctRequests}) => [await measureMemory(distinctRequests)]],
]);

/**
 * @param server runs, and has been warmed up by rows
 * @throws TypeError at a name that there is not
 */
export async function* runMeasures(
  names: readonly string[],
  form: Form,
  server: KmsColumn,
): AsyncGenerator<MeasureResult> {
  for (const name of names) {
    const run = MEASURES.get(name);
    if (!run) throw new TypeError(`There is no ${name}. There are: ${[...MEASURES.keys()].join(', ')}`);
    yield* await run(server, FORMS[form]);
  }
}
