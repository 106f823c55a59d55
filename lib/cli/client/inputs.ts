import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {UsageError} from '../command.ts';
import type {ClientInvocation, Option} from './client-command.ts';
import type {ClientIo} from './client-io.ts';
import {collect} from './collect.ts';
import {fileError} from './file-failure.ts';
import {MAX_SMALL_FILE_BYTES} from './read-small-file.ts';

export const INPUT_OPTION: Option = {
  value: 'FILE',
  meaning: 'reads from this file; "-" is standard input',
  completion: 'file',
};

const STANDARD = '-';

/** A stream of bytes, and how many there are, where that is known before. */
export interface Input {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly size?: number;
}

/** Text of the command line as bytes in UTF-8; `-` stands for what standard input has. @returns bytes of its own. @throws ClientError */
export async function readText(text: string, io: Pick<ClientIo, 'input'>): Promise<Buffer> {
  if (text !== STANDARD) return Buffer.from(text, 'utf8');
  return collect(io.input(), {maxBytes: MAX_SMALL_FILE_BYTES, name: 'Standard input'});
}

/**
 * Opens `--input`. Of standard input the first bytes have come when this resolves: whoever writes them may be another command, which
 * needs the KMS before us, and has it alone where it is local.
 * @throws ClientError where it cannot be read
 */
export async function openInput(path: string, io: Pick<ClientIo, 'input'>): Promise<Input> {
  if (path === STANDARD) {
    const pieces = io.input()[Symbol.asyncIterator]();
    return {bytes: beginningWith(await pieces.next(), pieces)};
  }
  const name = `The input file ${path}`;
  const stats = await stat(path).catch((error: unknown) => {
    throw fileError(name, error);
  });
  return {bytes: readFile(path, name), ...(stats.isFile() && {size: stats.size})};
}

async function* beginningWith(
  first: IteratorResult<Uint8Array, unknown>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
}

async function* readFile(path: string, name: string): AsyncGenerator<Uint8Array> {
  try {
    // Larger than by default: fewer turns of the loop for files of gigabytes.
    yield* createReadStream(path, {highWaterMark: 256 * 1024}) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw fileError(name, error);
  }
}

/** Either a text or `--input FILE`, and never both. @throws UsageError */
export function textOrFile(
  {options}: Pick<ClientInvocation, 'options'>,
  text: string | undefined,
  what: string,
): {readonly text: string; readonly file?: undefined} | {readonly file: string; readonly text?: undefined} {
  const file = options.text('input');
  if (text !== undefined && file === undefined) return {text};
  if (text === undefined && file !== undefined) return {file};
  throw new UsageError(`give either ${what}, or --input FILE.`);
}
