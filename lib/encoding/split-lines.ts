/** Text that does not end its lines. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError';
}

/**
 * The lines of a text that comes in pieces, without their line feeds. Memory is bounded, by the longest piece and line.
 * @returns what follows the last line feed. @throws LineTooLongError where a line has more than `maxLength` UTF-16 units
 */
export async function* splitLines(
  pieces: AsyncIterable<string>,
  {maxLength}: {readonly maxLength: number},
): AsyncGenerator<string, string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLength) throw new LineTooLongError('A line does not end.');
    yield* lines;
  }
  return rest;
}
