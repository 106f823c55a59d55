import type {KeyAdministrationKms} from '../../client/kms.ts';
import {UsageError} from '../command.ts';
import {ProgressDisplay} from '../progress-display.ts';
import type {ClientInvocation} from './client-command.ts';
import type {ClientConnection} from './client-connection.ts';
import {openInput, type Input} from './inputs.ts';
import {isStandardOutput, writeOutput} from './outputs.ts';

export interface FileConversion {
  /** As `--input` has it. */
  readonly file: string;
  /** What is shown while it goes on, e.g. `encrypting`. */
  readonly step: string;
  /** Permissions of the output file. */
  readonly mode: number;
  readonly convert: (
    kms: KeyAdministrationKms,
    bytes: AsyncIterable<Uint8Array>,
  ) => AsyncIterable<Uint8Array>;
}

/** Reads `--input`, in parts, and writes what becomes of it to `--output`: to a file whole, or not at all. @returns the exit code */
export async function runFileCommand(
  {io, options, connect, print}: ClientInvocation,
  {file, step, mode, convert}: FileConversion,
): Promise<number> {
  if (options.has('context')) {
    throw new UsageError('--context goes with a text, not with --input FILE, which is bound to nothing.');
  }
  const output = options.text('output');
  const input = await openInput(file, io);
  const connection = await connect();
  const display = new ProgressDisplay(io.screen);
  const report = io.screen.isTTY === true ? display.report : () => undefined;
  let done = 0;
  const counted = count(input, (bytes) => {
    done += bytes;
    report({step, done, ...(input.size !== undefined && {total: input.size})});
  });
  try {
    const pieces = closingEarly(convert(connection.kms, counted), connection);
    await writeOutput(output, pieces, {io, mode, overwrite: true});
  } finally {
    display.clear();
  }
  if (!isStandardOutput(output) && options.flag('json')) print({output, input_bytes: done}, []);
  return 0;
}

/** The KMS is asked before the first piece, and never again: a local one is let go for the next command of a pipeline. */
async function* closingEarly(
  pieces: AsyncIterable<Uint8Array>,
  connection: ClientConnection,
): AsyncGenerator<Uint8Array> {
  let isOpen = true;
  for await (const piece of pieces) {
    if (isOpen) await connection.close();
    isOpen = false;
    yield piece;
  }
}

async function* count({bytes}: Input, add: (length: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    yield piece;
    add(piece.length);
  }
}
