import {MalformedRequestError} from '../errors.ts';

export type KeyTags = Readonly<Record<string, string>>;

export const MAX_TAGS = 50;
/** Letters, digits and some of what names are joined with; no `=`, which the command line parts names and values by. */
export const TAG_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:/@+-]{0,63}$/;
/** No control characters, no line or paragraph separators, no half of a surrogate pair. */
export const TAG_VALUE = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{0,256}$/u;
/** What can be seen, and no white space: it is printed in columns. No leading `-`: it stands on command lines. */
export const KEY_NAME = /^(?!-)[\p{L}\p{M}\p{N}\p{P}\p{S}]{1,128}$/u;
export const DESCRIPTION = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,1024}$/u;

/**
 * @returns a copy, or undefined where there are none.
 * @throws MalformedRequestError
 */
export function checkTags(tags: KeyTags): KeyTags | undefined {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) {
    throw new MalformedRequestError(`A key has at most ${MAX_TAGS} tags.`);
  }
  for (const [name, value] of entries) {
    if (!TAG_NAME.test(name)) {
      throw new MalformedRequestError('A tag\'s name is 1 to 64 letters, digits and any of "_.:/@+-".');
    }
    if (!TAG_VALUE.test(value)) {
      throw new MalformedRequestError(
        "A tag's value has at most 256 characters, none of them control characters.",
      );
    }
    if (name === 'name') checkKeyName(value);
  }
  // Own properties all, `__proto__` too.
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** @returns `name`. @throws MalformedRequestError */
export function checkKeyName(name: string): string {
  // Two names that look the same are the same.
  if (!KEY_NAME.test(name) || name.normalize('NFC') !== name) {
    throw new MalformedRequestError(
      'The tag "name" is 1 to 128 visible characters without white space (in NFC), the first not "-".',
    );
  }
  return name;
}

/** @returns `description`. @throws MalformedRequestError */
export function checkDescription(description: string): string {
  if (!DESCRIPTION.test(description)) {
    throw new MalformedRequestError(
      'A "description" is one line of 1 to 1024 characters, none of them control characters.',
    );
  }
  return description;
}
