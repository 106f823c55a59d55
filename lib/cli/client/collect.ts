import {ClientError} from './client-error.ts';

/**
 * All bytes of an input that is to be small; the pieces are overwritten.
 * @returns bytes, which the caller overwrites where they are secret. @throws ClientError where there are more than `maxBytes`
 */
export async function collect(
  input: AsyncIterable<Uint8Array>,
  {maxBytes, name}: {readonly maxBytes: number; readonly name: string},
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of input) {
      pieces.push(piece);
      length += piece.length;
      if (length > maxBytes) throw new ClientError('failed', `${name} is longer than ${maxBytes} bytes.`);
    }
    return Buffer.concat(pieces, length);
  } finally {
    for (const piece of pieces) piece.fill(0);
  }
}
