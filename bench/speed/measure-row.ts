import type {Column} from './column.ts';
import {measure, type Sample} from './measure.ts';
import type {ColumnName, Row} from './row.ts';

export interface Effort {
  readonly rounds: number;
  /** What one measurement should take of the server's CPU, in milliseconds. */
  readonly blockMs: number;
  /** What is sent before anything counts, in the same measure. */
  readonly warmUpMs: number;
  /** The same before the first row: until what all rows have in common is compiled. */
  readonly firstWarmUpMs: number;
}

/** By column, in the order of the rounds. */
export type RowSamples = ReadonlyMap<ColumnName, readonly Sample[]>;

const FEWEST = 10;
const FIRST = 30;

/** Measures a row in all columns in turn, again and again, so that a busy moment of the machine falls on all of them. */
export async function measureRow(
  row: Row,
  columns: readonly Column[],
  {rounds, blockMs, warmUpMs}: Omit<Effort, 'firstWarmUpMs'>,
): Promise<RowSamples> {
  const samples = new Map<ColumnName, Sample[]>();
  const counts = new Map<Column, number>();
  for (const column of columns) {
    const count = await warmUp(column, row, {blockMs, warmUpMs});
    if (count === undefined) continue;
    counts.set(column, count);
    samples.set(column.name, []);
  }
  for (let round = 0; round < rounds; round++) {
    const inTurn = [...counts];
    for (const [column, count] of round % 2 === 0 ? inTurn : inTurn.reverse()) {
      const sample = await measure(column, row, count);
      if (sample) samples.get(column.name)?.push(sample);
    }
  }
  return samples;
}

/** @returns how many requests take as long as a measurement should; undefined where the column has no such row */
async function warmUp(
  column: Column,
  row: Row,
  {blockMs, warmUpMs}: Pick<Effort, 'blockMs' | 'warmUpMs'>,
): Promise<number | undefined> {
  const {most = Infinity} = row;
  let [count, spentMs] = [Math.min(FIRST, most), 0];
  for (;;) {
    const sample = await measure(column, row, count);
    if (!sample) return undefined;
    const {cpuMicroseconds} = sample;
    spentMs += (cpuMicroseconds * count) / 1000;
    const next = Math.round((blockMs * 1000) / cpuMicroseconds);
    count = Math.min(most, Math.max(FEWEST, next));
    if (spentMs >= warmUpMs) return count;
  }
}
