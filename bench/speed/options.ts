import {parseArgs} from 'node:util';
import type {Effort} from './measure-row.ts';
import type {ColumnName, Row} from './row.ts';
import {ROWS} from './rows.ts';

export type Form = 'short' | 'normal' | 'long';

export interface BenchOptions {
  readonly form: Form;
  readonly rows: readonly Row[];
  readonly columns: readonly ColumnName[];
  /** Another directory of the project, to be compared with. */
  readonly beside: string | undefined;
  readonly effort: Effort;
  /** What is measured beside the rows. */
  readonly measures: readonly string[];
  /** Whether the results go to where the documentation shows them. */
  readonly isPublished: boolean;
}

const NORMAL: Effort = {rounds: 7, blockMs: 250, warmUpMs: 12_000};
const SHORT: Effort = {rounds: 5, blockMs: 80, warmUpMs: 6000};
/** What the short form is about: the goals that say most, in less than a minute. */
const SHORT_ROWS = 'sign-root sign-1 sign-3 sign-9 sign-3-cold get-key junk chain-unsigned'.split(' ');
const NORMAL_MEASURES = ['start-up', 'durable', 'processes', 'fairness', 'keys-stored', 'memory'];
/** The short form leaves out what takes long to prepare, and what the clock says rather than the CPU. */
const MEASURES: Readonly<Record<Form, readonly string[]>> = {
  short: ['start-up', 'durable'],
  normal: NORMAL_MEASURES,
  long: NORMAL_MEASURES,
};
const COLUMNS: readonly ColumnName[] = ['limit', 'express', 'reference', 'beside', 'server'];

/** @throws TypeError at options that there are not */
export function readOptions(args: readonly string[]): BenchOptions {
  const {values} = parseArgs({
    args: [...args],
    options: {
      ...{
        rows: {type: 'string'},
        columns: {type: 'string'},
        rounds: {type: 'string'},
        beside: {type: 'string'},
      },
      ...{measures: {type: 'string'}},
      ...{short: {type: 'boolean'}, long: {type: 'boolean'}, publish: {type: 'boolean'}},
    },
  });
  const {short = false, long = false, publish = false, beside} = values;
  const form = short ? 'short' : long ? 'long' : 'normal';
  const names =
    values.rows?.split(',').filter((name) => name !== 'none') ??
    (short ? SHORT_ROWS : ROWS.map(({name}) => name));
  const columns = COLUMNS.filter((name) => name !== 'beside' || beside !== undefined);
  const effort = short ? SHORT : NORMAL;
  return {
    form,
    rows: names.map((name) => known(ROWS, name, (row) => row.name)),
    columns: values.columns?.split(',').map((name) => known(columns, name, String)) ?? columns,
    beside,
    effort: {...effort, rounds: Number(values.rounds ?? effort.rounds)},
    measures: values.measures?.split(',') ?? (values.rows === undefined ? MEASURES[form] : []),
    isPublished: publish,
  };
}

function known<T>(all: readonly T[], name: string, nameOf: (item: T) => string): T {
  const found = all.find((item) => nameOf(item) === name);
  if (found === undefined)
    throw new TypeError(`There is no ${name}. There are: ${all.map(nameOf).join(', ')}`);
  return found;
}
