import {OperationFailedError} from '../../errors.ts';
import {parseCiphertext} from '../../keys/ciphertext-text.ts';
import {ClientError} from './client-error.ts';
import type {ClientIo} from './client-io.ts';
import {readText} from './inputs.ts';

/** A CIPHERTEXT operand; `-` stands for what standard input has. @throws ClientError where it cannot be one */
export async function readCiphertext(operand: string, io: Pick<ClientIo, 'input'>): Promise<string> {
  const text = (await readText(operand, io)).toString('utf8').trim();
  if (parseCiphertext(text)) return text;
  throw new ClientError(
    'failed',
    'What is to be decrypted is not of the form webkms:v<version>:<base64url>. Of a file: --input FILE',
  );
}

/** The KMS does not say why something does not decrypt; this says what to look at. */
export function decryptionFailure(error: unknown): never {
  if (!(error instanceof OperationFailedError)) throw error;
  throw new ClientError(
    'failed',
    'It does not decrypt: it was changed, is not whole, or was encrypted with another key or --context.',
    {cause: error},
  );
}

/** As `decryptionFailure`, of a stream. */
export async function* withDecryptionAdvice(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    decryptionFailure(error);
  }
}
