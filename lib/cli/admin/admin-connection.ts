import type {AdminCall} from '../../admin/admin-operation.ts';

/** Where progress and lines of output go. */
export type CallOutput = Pick<AdminCall, 'report' | 'write'>;

export interface ConnectOptions {
  /** Makes the store where there is none. */
  readonly create?: boolean;
  /** Where lines of output go, if not to standard output. */
  readonly write?: CallOutput['write'];
}

/** The server that runs on the data directory, or the store where none runs; never both. */
export interface AdminConnection extends AsyncDisposable {
  /** Whether a server does the work. */
  readonly online: boolean;
  /** @throws AdminError; InterruptedError */
  call(name: string, parameters?: object): Promise<unknown>;
}
