import type {BenchProcess} from '../support/bench-process.ts';
import type {ColumnName, Row} from './row.ts';

/** A server that runs in a process of its own, and what is sent to it. */
export interface Column {
  readonly name: ColumnName;
  readonly process: BenchProcess;
  /** On the loopback interface, plain HTTP. */
  readonly port: number;
  /** @returns undefined where the server has no such thing */
  make(row: Row, count: number): Promise<readonly Buffer[] | undefined>;
  isExpected(row: Row, status: number): boolean;
  stop(): Promise<void>;
}
