import type {Duplex} from 'node:stream';
import type {Connection} from '../../rpc/connection.ts';
import type {OpenedKeys} from '../protocol/key-process-methods.ts';
import type {Confinement} from './confinement.ts';

/** How a key process has ended. */
export interface KeyProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A key process, as the HTTP process that it works for has it. */
export interface RunningKeyProcess {
  readonly pid: number;
  readonly network: Confinement['network'];
  /** Nothing comes over it before something was said. */
  readonly stream: Duplex;
  readonly ended: Promise<KeyProcessExit>;
  /**
   * Has it open the keys; it asks for what the store has by way of the connection.
   * @param again in place of one that has ended. @throws KeyProcessStartError
   */
  open(connection: Connection, options: {readonly again: boolean}): Promise<OpenedKeys>;
  /** Ends it at once. */
  kill(): void;
}

export interface KeyProcessRunner {
  /** @throws KeyProcessStartError */
  run(): Promise<RunningKeyProcess>;
  /** Of a store that lists no root: one that makes its key file, and nothing else; undefined where that is no file. @throws KeyProcessStartError */
  runToSeed(): Promise<RunningKeyProcess | undefined>;
}
