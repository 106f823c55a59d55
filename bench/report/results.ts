import type {ColumnName} from '../speed/row.ts';
import type {Figure} from '../speed/statistics.ts';

/** Of one row in one column; medians of all rounds. */
export interface CellResult {
  readonly cpuMicroseconds: Figure;
  readonly perSecond: number;
  /** Milliseconds, with eight requests at a time. */
  readonly p50: number;
  readonly p99: number;
  readonly rssMB: number;
  /** Processors that the load itself took. */
  readonly loadShare: number;
  /** CPU of the server in this column, round by round. */
  readonly serverTimes: Figure | undefined;
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly cells: Readonly<Partial<Record<ColumnName, CellResult>>>;
}

/** A figure that is not of a row. */
export interface MeasureResult {
  readonly name: string;
  readonly title: string;
  readonly value: number;
  readonly unit: string;
  /** What it was made of, for people. */
  readonly detail: string;
}

/** All of one run. */
export interface Results {
  readonly machine: {readonly node: string; readonly processors: number; readonly model: string};
  readonly date: string;
  readonly form: 'short' | 'normal' | 'long';
  readonly rows: readonly RowResult[];
  readonly measures: readonly MeasureResult[];
}
