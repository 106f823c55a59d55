import type {Duplex} from 'node:stream';
import {Connection, type ConnectionOptions} from '../../rpc/connection.ts';
import {PROCESS_FAILURES} from './process-failures.ts';

export interface ProcessConnectionOptions extends Omit<ConnectionOptions, 'failures'> {
  readonly peer: 'HTTP process' | 'key process' | 'primary process';
}

/** A connection between two processes of one server, which know the same errors. */
export class ProcessConnection extends Connection {
  constructor(stream: Duplex, options: ProcessConnectionOptions) {
    super(stream, {...options, failures: PROCESS_FAILURES});
  }
}
