import {UsageError} from '../command.ts';
import type {ClientInvocation} from './client-command.ts';
import type {OptionValues} from './option-values.ts';

/** `--output` goes with `--input`: the result of a text is printed. @throws UsageError */
export function rejectOutput(options: OptionValues): void {
  if (options.has('output'))
    throw new UsageError('--output goes with --input FILE; what is printed, the shell can redirect.');
}

/**
 * Writes bytes to standard output as they are, with a line feed behind them on a terminal only; with `--json`, as text where they
 * are UTF-8, and always as base64url. They are overwritten.
 */
export async function printBytes(
  {io, options, print}: Pick<ClientInvocation, 'io' | 'options' | 'print'>,
  member: string,
  bytes: Uint8Array,
): Promise<void> {
  try {
    if (options.flag('json')) {
      const text = decodeUtf8(bytes);
      print(
        {...(text !== undefined && {[member]: text}), base64url: Buffer.from(bytes).toString('base64url')},
        [],
      );
      return;
    }
    await io.write(bytes);
    if (io.outIsTerminal && bytes.at(-1) !== 0x0a) await io.write(Buffer.of(0x0a));
  } finally {
    bytes.fill(0);
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    return undefined;
  }
}
