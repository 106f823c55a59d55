import {realpath, stat} from 'node:fs/promises';
import {createWriteStream} from 'node:fs';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {OutputExistsError, writeOutputFile} from '../../client/file-encryption/output-file.ts';
import {errorCode} from '../../error-code.ts';
import type {ClientInvocation, Option} from './client-command.ts';
import {ClientError} from './client-error.ts';
import type {ClientIo} from './client-io.ts';
import {fileError} from './file-failure.ts';

export const OUTPUT_OPTION: Option = {
  value: 'FILE',
  meaning: 'writes to this file; "-", or none, is standard output',
  completion: 'file',
};

const STANDARD = '-';

export interface OutputOptions {
  /** Permissions of a new file. */
  readonly mode: number;
  readonly overwrite: boolean;
}

/** Whether the result goes to standard output. */
export function isStandardOutput(path: string | undefined): path is undefined | '-' {
  return path === undefined || path === STANDARD;
}

/**
 * Writes all of `pieces`: to a file that appears whole or not at all; or, as they come, to standard output, a pipe or a device.
 * @throws ClientError; what `pieces` throws
 */
export async function writeOutput(
  path: string | undefined,
  pieces: AsyncIterable<Uint8Array>,
  {io, mode, overwrite}: OutputOptions & {readonly io: ClientIo},
): Promise<void> {
  if (isStandardOutput(path)) {
    for await (const piece of pieces) {
      io.interrupted.throwIfAborted();
      await io.write(piece);
    }
    return;
  }
  try {
    const signal = io.interrupted;
    if (await isNoFile(path)) await pipeline(Readable.from(pieces), createWriteStream(path), {signal});
    else await writeOutputFile(await target(path), pieces, {overwrite, mode, signal});
  } catch (error) {
    io.interrupted.throwIfAborted();
    if (error instanceof OutputExistsError) {
      throw new ClientError('refused', `${error.message.replace(/;.*$/s, '')}. To replace it: --force`, {
        cause: error,
      });
    }
    throw describeOutputError(path, error);
  }
}

/** Writes a small result; a text that goes to a terminal ends with a line feed there. */
export async function writeResult(
  {io, options, print}: Pick<ClientInvocation, 'io' | 'options' | 'print'>,
  bytes: Uint8Array,
  output: OutputOptions,
): Promise<void> {
  const path = options.text('output');
  await writeOutput(path, only(bytes), {io, ...output});
  if (!isStandardOutput(path)) {
    if (options.flag('json')) print({output: path}, []);
  } else if (io.outIsTerminal && bytes.at(-1) !== 0x0a) await io.write(Buffer.of(0x0a));
}

function describeOutputError(path: string, error: unknown): unknown {
  if (errorCode(error) === 'ENOENT') {
    return new ClientError(
      'failed',
      `The output file ${path} cannot be written: its folder does not exist.`,
      {cause: error},
    );
  }
  return fileError(`The output file ${path}`, error);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A device, pipe or socket is written to; it is not replaced by a file. */
async function isNoFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/** Where a link leads: it stays a link. */
async function target(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
