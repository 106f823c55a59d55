import {RootOfTrustError} from '../root-of-trust-error.ts';

/** The longest passphrase, in bytes of UTF-8. */
export const MAX_PASSPHRASE_BYTES = 1024;
const MIN_CHARACTERS = 12;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * One line of input → the passphrase as bytes: its line end removed, and normalised to NFC (Unicode Standard Annex 15),
 * so that it is the same from every keyboard. Only one that is not ASCII passes through a JavaScript string, which
 * cannot be overwritten.
 * @param name of where it came from, for the message.
 * @returns bytes of its own, which the caller overwrites. @throws RootOfTrustError, `malformed`
 */
export function parsePassphrase(line: Uint8Array, name: string): Uint8Array {
  const text = withoutLineEnd(line);
  const problem = lineProblem(text);
  const bytes = problem === undefined ? normalized(text) : undefined;
  if (bytes) return bytes;
  throw new RootOfTrustError(
    'malformed',
    `${name} ${problem ?? 'is not UTF-8'}. A passphrase is one line of UTF-8.`,
  );
}

/** For a passphrase that is to be a new root of trust. @throws RootOfTrustError, `malformed` */
export function assertLongEnough(passphrase: Uint8Array): void {
  // Bytes of UTF-8 that begin a character.
  const characters = passphrase.reduce((sum, byte) => sum + Number((byte & 0xc0) !== 0x80), 0);
  if (characters >= MIN_CHARACTERS) return;
  throw new RootOfTrustError(
    'malformed',
    `The passphrase is too short: at least ${MIN_CHARACTERS} characters, better five random words.`,
  );
}

function lineProblem(text: Uint8Array): string | undefined {
  if (text.length === 0) return 'gives no passphrase';
  if (text.length > MAX_PASSPHRASE_BYTES) return `gives more than ${MAX_PASSPHRASE_BYTES} bytes`;
  return text.some((byte) => byte < 0x20 || byte === 0x7f)
    ? 'gives control characters or several lines'
    : undefined;
}

function withoutLineEnd(line: Uint8Array): Uint8Array {
  if (line.at(-1) !== NEWLINE) return line;
  return line.subarray(0, line.at(-2) === RETURN ? -2 : -1);
}

function normalized(text: Uint8Array): Uint8Array | undefined {
  if (text.every((byte) => byte < 0x80)) return Uint8Array.from(text);
  try {
    const decoded = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(text);
    return new TextEncoder().encode(decoded.normalize('NFC'));
  } catch {
    return undefined;
  }
}
