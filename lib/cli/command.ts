/** Where a command writes; the process's own unless told otherwise. */
export interface Terminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** One subcommand of `webkms`. */
export interface Command {
  readonly name: string;
  /** One line for `webkms --help`. */
  readonly summary: string;
  /** What `webkms <name> --help` says. */
  readonly help: string;
  /** Help on part of it, where the words after its name say which; else undefined. */
  helpOn?(words: readonly string[]): string | undefined;
  /** @returns the exit code */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** The command line is wrong: exit code 2, with a hint. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;
