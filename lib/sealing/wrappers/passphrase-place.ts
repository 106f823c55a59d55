import {close as closeFd, fstat as fstatFd, read as readFd} from 'node:fs';
import {resolve} from 'node:path';
import {isatty} from 'node:tty';
import {promisify} from 'node:util';
import {errorCode} from '../../error-code.ts';
import {RootOfTrustError} from '../root-of-trust-error.ts';
import {withSecret, type SecretSource} from '../secrets.ts';
import {readPrivateFile} from './key-file.ts';
import {MAX_PASSPHRASE_BYTES, parsePassphrase} from './passphrase.ts';

/** Where a passphrase is read from. */
export type PassphrasePlace =
  | {readonly kind: 'fd'; readonly fd: number}
  /** An absolute path. */
  | {readonly kind: 'file'; readonly path: string}
  | {readonly kind: 'prompt'};

const NEWLINE = 0x0a;
/** With a line end of two bytes; and one more, to see that there is more. */
const BUFFER_BYTES = MAX_PASSPHRASE_BYTES + 3;

/** `passphrase:fd=<number>`, `passphrase:file=<path>`, `passphrase:prompt`. @throws RootOfTrustError, `bad-setting` */
export function parsePassphrasePlace(uri: string): PassphrasePlace {
  const place = uri.startsWith('passphrase:') ? uri.slice('passphrase:'.length) : '';
  if (place === 'prompt') return {kind: 'prompt'};
  const [, digits] = /^fd=(0|[3-9]|[1-9][0-9]{1,3})$/.exec(place) ?? [];
  if (digits !== undefined) return {kind: 'fd', fd: Number(digits)};
  const [, path] = /^file=([^\0]+)$/s.exec(place) ?? [];
  if (path !== undefined) return {kind: 'file', path: resolve(path)};
  // The URI is not shown: somebody may have written the passphrase in it.
  throw new RootOfTrustError(
    'bad-setting',
    'The root of trust must be passphrase:file=<path>, passphrase:fd=<number> (0, or 3 and up) or passphrase:prompt; ' +
      'never the passphrase itself',
  );
}

export function formatPassphrasePlace(place: PassphrasePlace): string {
  if (place.kind === 'prompt') return 'passphrase:prompt';
  return place.kind === 'fd' ? `passphrase:fd=${place.fd}` : `passphrase:file=${place.path}`;
}

/**
 * Reads a passphrase. Of a descriptor the first line counts; one above 2 is closed then.
 * @param isNew whether a person is asked to repeat it.
 * @returns bytes in NFC, which the caller overwrites. @throws RootOfTrustError
 */
export async function readPassphrase(
  place: PassphrasePlace,
  source: SecretSource,
  {isNew}: {readonly isNew: boolean},
): Promise<Uint8Array> {
  switch (place.kind) {
    case 'prompt':
      return isNew ? promptTwice(source) : prompt(source, 'Passphrase of the root of trust: ');
    case 'file': {
      const name = 'The passphrase file';
      const line = await readPrivateFile(place.path, {name, maxBytes: BUFFER_BYTES});
      return withSecret(line, () => parsePassphrase(line, `${name} ${place.path}`));
    }
    case 'fd': {
      const line = await readLine(place.fd);
      return withSecret(line, () => parsePassphrase(line, `File descriptor ${place.fd}`));
    }
  }
}

async function prompt(source: SecretSource, question: string): Promise<Uint8Array> {
  return withSecret(await source.prompt(question), (line) => parsePassphrase(line, 'The terminal'));
}

async function promptTwice(source: SecretSource): Promise<Uint8Array> {
  return withSecret(await prompt(source, 'New passphrase for the root of trust: '), async (first) => {
    const second = await prompt(source, 'The same again: ');
    if (Buffer.compare(first, second) === 0) return second;
    second.fill(0);
    throw new RootOfTrustError('malformed', 'The two passphrases differ. Nothing was made.');
  });
}

async function readLine(fd: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  let length = 0;
  try {
    if (isatty(fd)) throw fdError(fd, 'is a terminal, which would show it. Use passphrase:prompt.');
    const stats = await promisify(fstatFd)(fd);
    if (!stats.isFIFO() && !stats.isFile() && !stats.isSocket())
      throw fdError(fd, 'is no pipe, file or socket.');
    while (length < buffer.length && !buffer.subarray(0, length).includes(NEWLINE)) {
      const {bytesRead} = await promisify(readFd)(fd, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    // 0 stays open, or the next file that is opened would be standard input.
    if (fd > 2) await promisify(closeFd)(fd);
    const end = buffer.indexOf(NEWLINE);
    // How much comes at once is chance: what is behind the line counts for nothing, always.
    return Uint8Array.from(buffer.subarray(0, end < 0 ? length : end + 1));
  } catch (error) {
    if (error instanceof RootOfTrustError) throw error;
    const code = errorCode(error) ?? 'unknown error';
    throw fdError(
      fd,
      `cannot be read (${code}). Pass it to the server's own process: a launcher, or an older Node.js that starts a newer one, passes on 0 only.`,
      error,
    );
  } finally {
    buffer.fill(0);
  }
}

function fdError(fd: number, message: string, cause?: unknown): RootOfTrustError {
  const text = `File descriptor ${fd} ${message}`;
  return new RootOfTrustError('unreadable', text, {cause});
}
