import type {Column} from './column.ts';
import {measure, type Sample} from './measure.ts';
import type {ColumnName, Row} from './row.ts';

export interface Effort {
  readonly rounds: number;
  /** What one measurement should take of the server's CPU, in milliseconds. */
  readonly blockMs: number;
  /** What is sent to a server before anything counts, all rows together, in the same measure. */
  readonly warmUpMs: number;
}

/** By column, in the order of the rounds. */
export type RowSamples = ReadonlyMap<ColumnName, readonly Sample[]>;

/** What a request takes in each column that has the row, in microseconds. */
type Costs = ReadonlyMap<Column, number>;

const FEWEST = 10;
const FIRST = 30;
const WARM_UP_BLOCK_MS = 80;
const FEWEST_TIMES = 8;

/**
 * Sends requests of all rows in turn before any of them counts: a server that answers all sorts of requests is what is compiled then,
 * and nothing is compiled anew when a row comes that is new to it.
 */
export async function warmUp(
  rows: readonly Row[],
  columns: readonly Column[],
  {warmUpMs}: Pick<Effort, 'warmUpMs'>,
): Promise<ReadonlyMap<Row, Costs>> {
  const costs = new Map(rows.map((row) => [row, new Map<Column, number>()]));
  if (rows.length === 0) return costs;
  const times = Math.max(FEWEST_TIMES, warmUpMs / (rows.length * WARM_UP_BLOCK_MS));
  for (let time = 0; time < times; time++) {
    for (const [row, ofRow] of costs) {
      for (const column of columns) {
        const sample = await measure(column, row, requestsFor(WARM_UP_BLOCK_MS, row, ofRow.get(column)));
        if (sample) ofRow.set(column, sample.cpuMicroseconds);
      }
    }
  }
  return costs;
}

/** Measures a row in all columns in turn, again and again, so that a busy moment of the machine falls on all of them. */
export async function measureRow(
  row: Row,
  costs: Costs,
  {rounds, blockMs}: Pick<Effort, 'rounds' | 'blockMs'>,
): Promise<RowSamples> {
  const samples = new Map<ColumnName, Sample[]>(Array.from(costs, ([{name}]) => [name, []]));
  const inTurn = [...costs];
  // The first does not count: the row has the caches to itself from then on.
  for (let round = -1; round < rounds; round++) {
    for (const [column, cost] of round % 2 === 0 ? inTurn : inTurn.toReversed()) {
      const sample = await measure(column, row, requestsFor(blockMs, row, cost));
      if (sample && round >= 0) samples.get(column.name)?.push(sample);
    }
  }
  return samples;
}

function requestsFor(ms: number, {most = Infinity}: Row, cost: number | undefined): number {
  const wanted = cost === undefined ? FIRST : Math.round((ms * 1000) / cost);
  return Math.min(most, Math.max(FEWEST, wanted));
}
