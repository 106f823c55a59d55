import {RootOfTrustError} from '../root-of-trust-error.ts';
import {MAX_PASSPHRASE_BYTES} from './passphrase.ts';

/** What is needed of the process's standard input and error. */
export interface PromptTerminal {
  readonly input: Pick<
    NodeJS.ReadStream,
    'on' | 'off' | 'resume' | 'pause' | 'unshift' | 'isTTY' | 'setRawMode'
  >;
  readonly output: {write(text: string): unknown};
}

const CTRL_C = 0x03;
const ABORT = new Set([CTRL_C, /* Ctrl+D */ 0x04]);
const ENTER = new Set([0x0d, 0x0a]);
const BACKSPACE = new Set([0x08, 0x7f]);
/** Ctrl+U */
const CLEAR = 0x15;

/**
 * Asks for a line without echo. The terminal is as before when this settles.
 * @returns the line as bytes, which the caller overwrites.
 * @throws RootOfTrustError, `interrupted` by Ctrl+C, else `unreadable`; the signal's reason
 */
export async function promptSecret(
  question: string,
  {input, output}: PromptTerminal = {input: process.stdin, output: process.stderr},
  signal?: AbortSignal,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  if (!input.isTTY) {
    throw new RootOfTrustError(
      'unreadable',
      'Standard input is no terminal, so nobody can be asked for the passphrase. ' +
        'Give it by WEBKMS_ROOT_WRAPPER=passphrase:file=<path> or passphrase:fd=<number>.',
    );
  }
  const line = new SecretLine();
  const {promise, resolve, reject} = Promise.withResolvers<Uint8Array>();
  const fail = (reason: 'interrupted' | 'unreadable'): void => {
    reject(new RootOfTrustError(reason, 'No passphrase was given.'));
  };
  const onEnd = (): void => fail('unreadable');
  const onAbort = (): void => reject(signal?.reason);
  const onData = (chunk: Buffer): void => {
    const end = line.take(chunk);
    if (end === undefined) return;
    // Before the rest is put back, which would be read at once.
    input.pause();
    input.off('data', onData);
    if (end.rest.length > 0) input.unshift(end.rest);
    if (end.by === CTRL_C) fail('interrupted');
    else if (ABORT.has(end.by)) fail('unreadable');
    else resolve(line.bytes());
  };
  // Before the question, so that nothing typed in answer is shown.
  input.setRawMode(true);
  output.write(question);
  input.on('data', onData);
  input.on('end', onEnd);
  signal?.addEventListener('abort', onAbort);
  input.resume();
  try {
    return await promise;
  } finally {
    input.off('data', onData);
    input.off('end', onEnd);
    signal?.removeEventListener('abort', onAbort);
    input.setRawMode(false);
    input.pause();
    output.write('\n');
    line.clear();
  }
}

/** A line as it is typed. One byte more than is allowed is kept, so that too long a line is refused and not cut. */
class SecretLine {
  readonly #bytes = Buffer.alloc(MAX_PASSPHRASE_BYTES + 1);
  #length = 0;

  /** @returns which key has ended the line; undefined while it goes on. Overwrites what it has taken of `chunk`. */
  take(chunk: Buffer): {readonly by: number; readonly rest: Buffer} | undefined {
    for (const [i, byte] of chunk.entries()) {
      chunk[i] = 0;
      if (ABORT.has(byte) || ENTER.has(byte)) return {by: byte, rest: chunk.subarray(i + 1)};
      if (byte === CLEAR) this.#length = 0;
      else if (BACKSPACE.has(byte)) this.#deleteCharacter();
      else if (this.#length < this.#bytes.length) this.#bytes[this.#length++] = byte;
    }
    return undefined;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, this.#length));
  }

  clear(): void {
    this.#bytes.fill(0);
  }

  #deleteCharacter(): void {
    while (this.#length > 0) {
      const byte = this.#bytes[--this.#length] ?? 0;
      // Goes on to the byte that begins the character.
      if ((byte & 0xc0) !== 0x80) return;
    }
  }
}
