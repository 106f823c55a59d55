import {UsageError} from '../command.ts';

/** A key as the command line names it, by name or URL → as `Kms` takes it. @throws UsageError */
export function kidOf(text: string): string {
  if (text.startsWith('https://') || text.startsWith('http://')) return text;
  return `name:${parseKeyName(text)}`;
}

/** The name of a key, which may not look like its URL, in NFC however it was typed. @throws UsageError */
export function parseKeyName(text: string): string {
  if (/^https?:/.test(text)) throw new UsageError('the name of a key must not be a URL.');
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new UsageError('the name of a key has control characters.');
  return text.normalize('NFC');
}
