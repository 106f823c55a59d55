import type {styleText} from 'node:util';
import type {Terminal} from '../command.ts';
import type {ProgressScreen} from '../progress-display.ts';

export type Style = Parameters<typeof styleText>[0];

/** What a client's command talks to. */
export interface ClientIo extends Terminal {
  /** Whether standard input is a terminal, with a person at it who can be asked. */
  readonly interactive: boolean;
  readonly outIsTerminal: boolean;
  /** Standard error. */
  readonly screen: ProgressScreen;
  /** Standard input, as bytes. */
  input(): AsyncIterable<Uint8Array>;
  /** Writes bytes to standard output as they are; resolves when more may follow. */
  write(bytes: Uint8Array): Promise<void>;
  /** Asks a person, without echo. @returns bytes, which the caller overwrites. @throws InterruptedError */
  askSecret(question: string): Promise<Uint8Array>;
  /** Asks a person. @returns their line, without its end. @throws InterruptedError */
  ask(question: string): Promise<string>;
  /** Colours a word of standard output, where that is a terminal that shows colours. */
  paint(style: Style, text: string): string;
  /** Waits until standard output has what was written. @throws ClientError where it could not be written */
  flush(): Promise<void>;
  /** Aborted by Ctrl+C, SIGTERM and SIGHUP. */
  readonly interrupted: AbortSignal;
}
