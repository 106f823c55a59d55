import {createReadStream} from 'node:fs';
import {LineTooLongError, splitLines} from '../encoding/split-lines.ts';
import {AnchorError} from './anchor-lines.ts';

/** Lines of an anchor are shorter: what comes from clients in them came in their headers. */
const MAX_LINE_LENGTH = 256 * 1024;

/**
 * The lines of a text file in UTF-8, without their line feeds. Memory is bounded.
 * @throws AnchorError where a line is too long or the last one does not end; the errors of node:fs
 */
export async function* readLines(path: string): AsyncGenerator<string> {
  const text = createReadStream(path, {encoding: 'utf8'}) as AsyncIterable<string>;
  try {
    const rest = yield* splitLines(text, {maxLength: MAX_LINE_LENGTH});
    if (rest !== '') throw new AnchorError('The anchor is not whole: its last line does not end.');
  } catch (error) {
    throw error instanceof LineTooLongError ? new AnchorError('The file is not an anchor.') : error;
  }
}
