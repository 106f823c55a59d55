import type {Random} from '../../support/random.ts';

/** Printable ASCII, control characters, and bytes that are no ASCII. */
const CHARACTERS = [
  ...Array.from({length: 94}, (_, index) => String.fromCharCode(0x21 + index)),
  ...[
    '\0',
    '\t',
    ' ',
    '\x01',
    '\x0b',
    '\x1b',
    '\x7f',
    '\x80',
    '\xa0',
    '\xff',
    '\r',
    '\n',
    '"',
    '\\',
    '%',
    '&',
    '/',
  ],
];

/** Changes a text of two characters or more within, never at its ends: there white space would not count. */
export function changeWithin(
  text: string,
  random: Random,
  [from, to] = [1, text.length - 1],
): string | undefined {
  if (to <= from) return undefined;
  const at = from + random.below(to - from);
  const [before, character = '', after] = [text.slice(0, at), text[at], text.slice(at + 1)];
  const changed = random.pick([
    () => before + random.pick(CHARACTERS) + after,
    () => before + random.pick(CHARACTERS) + character + after,
    () => before + after,
    () => before + character + character + after,
    () => before + flipCase(character) + after,
    () => before + String.fromCharCode(character.charCodeAt(0) ^ (1 << random.below(8))) + after,
    () => text.slice(0, at),
    () => before + (after[0] ?? '') + character + after.slice(1),
    () => before + `%${character.charCodeAt(0).toString(16).padStart(2, '0')}` + after,
    () => before + random.pick(CHARACTERS).repeat(1 + random.below(2000)) + after,
  ])();
  return changed === text ? undefined : changed;
}

export function flipCase(text: string): string {
  return text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase();
}
