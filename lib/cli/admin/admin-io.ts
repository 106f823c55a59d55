import type {Terminal} from '../command.ts';
import type {ProgressScreen} from '../progress-display.ts';

/** What an operator's command talks to. */
export interface AdminIo extends Terminal {
  /** Standard error. */
  readonly screen: ProgressScreen;
  /** Whether standard input is a terminal, with a person at it. */
  readonly interactive: boolean;
  /**
   * Asks a person, without echo; or takes the next line that is not empty of a standard input that is no terminal.
   * @returns undefined where there is none: the input has ended, or the person gave up.
   */
  ask(question: string): Promise<string | undefined>;
  /** Waits until standard output has what was written. @throws AdminError where it could not be written, e.g. to a full disk */
  flush(): Promise<void>;
  /** Aborted by Ctrl+C, SIGTERM and SIGHUP. */
  readonly interrupted: AbortSignal;
}
