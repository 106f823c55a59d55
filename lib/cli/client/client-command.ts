import type {ClientConnection} from './client-connection.ts';
import type {ClientIo} from './client-io.ts';
import type {OptionValues} from './option-values.ts';
import type {ProfileStore} from './profile/profile-store.ts';

export interface Operand {
  /** E.g. `NAME`. */
  readonly name: string;
  readonly optional?: true;
  /** Text that may be empty; `-` stands for standard input. */
  readonly isText?: true;
  /** What shells complete it with; default: nothing. */
  readonly completion?: Completion;
}

export type Completion = 'file' | readonly string[];

export interface Option {
  /** The name of its value, e.g. `FILE`; absent: it has none. */
  readonly value?: string;
  readonly meaning: string;
  /** May be given more than once. */
  readonly many?: true;
  readonly completion?: Completion;
}

export interface ClientInvocation {
  readonly io: ClientIo;
  /** As many as the command has `operands`; of an optional one that is not given, undefined. */
  readonly operands: readonly (string | undefined)[];
  readonly options: OptionValues;
  readonly profiles: ProfileStore;
  /** The profile's name. */
  readonly profile: string;
  /** Of the passphrase of the controller key, where one was given. */
  readonly passphraseFile: string | undefined;
  /** What the profile names, until the command ends. @throws ClientError */
  readonly connect: () => Promise<ClientConnection>;
  /** Writes a result to standard output: `--json`, as JSON; else as these lines. */
  readonly print: (result: object, lines: readonly string[]) => void;
}

/** One command of clients, but for its name and summary, which command-table.ts has. */
export interface ClientCommand {
  readonly operands?: readonly Operand[];
  /** Besides those that all commands have. */
  readonly options?: Readonly<Record<string, Option>>;
  /** What follows the usage in its help. */
  readonly help: readonly string[];
  /** Command lines; the word `webkms` goes before each. */
  readonly examples: readonly string[];
  /** @returns the exit code */
  run(invocation: ClientInvocation): Promise<number>;
}

/** A command's first operand: one that has none cannot be run. */
export function firstOperand({operands}: Pick<ClientInvocation, 'operands'>): string {
  const [first] = operands;
  if (first === undefined) throw new TypeError('The command takes an operand.');
  return first;
}
