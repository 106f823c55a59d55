import type {Settings} from '../../config/settings.ts';
import type {AdminConnection, CallOutput, ConnectOptions} from './admin-connection.ts';
import type {AdminIo} from './admin-io.ts';

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export interface AdminInvocation {
  readonly settings: Settings;
  readonly io: AdminIo;
  readonly values: OptionValues;
  /** As many as the command has `operands`. */
  readonly operands: readonly string[];
  /** Where progress and lines of output go. */
  readonly output: CallOutput;
  readonly connect: (options?: ConnectOptions) => Promise<AdminConnection>;
  /** Writes a result to standard output: `--json`, as JSON; else as these lines. */
  readonly print: (result: object, lines: readonly string[]) => void;
}

/** One command of `webkms admin`. */
export interface AdminCommand {
  /** One or two words, e.g. `root add`. */
  readonly name: string;
  readonly summary: string;
  /** What follows the usage in its help. */
  readonly help: readonly string[];
  /** All are needed, e.g. `FILE`. */
  readonly operands?: readonly string[];
  /** Besides `--config` and `--json`; with the name of the value of those that have one. */
  readonly options?: Readonly<Record<string, {readonly value?: string; readonly meaning: string}>>;
  /** What has become of the work where the operator stops it; if nothing is said, it has stopped. */
  readonly whenInterrupted?: string;
  /** @returns the exit code */
  run(invocation: AdminInvocation): Promise<number>;
}
