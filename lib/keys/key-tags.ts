import {keyDescriptionText, keyTags, TAG_NAME_PATTERN, TEXT_PATTERN} from '../../schemas/key-metadata.ts';
import {MalformedRequestError} from '../errors.ts';

export type KeyTags = Readonly<Record<string, string>>;

const TAG_NAME = new RegExp(TAG_NAME_PATTERN, 'u');
const TEXT = new RegExp(TEXT_PATTERN, 'u');
/** What can be seen, and no white space: it is printed in columns. No leading `-`: it stands on command lines. */
const KEY_NAME =
  /^(?!-)(?:(?![\p{Default_Ignorable_Code_Point}\u{2800}])[\p{L}\p{M}\p{N}\p{P}\p{S}]){1,128}$/u;

/**
 * @returns a copy, or undefined where there are none.
 * @throws MalformedRequestError
 */
export function checkTags(tags: KeyTags): KeyTags | undefined {
  const entries = Object.entries(tags);
  if (entries.length > keyTags.maxProperties) {
    throw new MalformedRequestError(`A key has at most ${keyTags.maxProperties} tags.`);
  }
  for (const [name, value] of entries) {
    if (!TAG_NAME.test(name)) {
      throw new MalformedRequestError('A tag\'s name is 1 to 64 letters, digits and any of "_.:/@+-".');
    }
    assertText(value, `The tag "${name}"`, keyTags.additionalProperties.maxLength);
    if (name === 'name') checkKeyName(value);
  }
  // Own members all, `__proto__` too.
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** @returns `name`. @throws MalformedRequestError */
export function checkKeyName(name: string): string {
  // What looks the same is the same name.
  if (!KEY_NAME.test(name) || name.normalize('NFC') !== name) {
    throw new MalformedRequestError(
      'The tag "name" is 1 to 128 visible characters without white space (in NFC), the first not "-".',
    );
  }
  return name;
}

/** @returns `description`. @throws MalformedRequestError */
export function checkDescription(description: string): string {
  assertText(description, '"description"', keyDescriptionText.maxLength);
  if (description === '') throw new MalformedRequestError('"description" is empty: null removes it.');
  return description;
}

/** As JSON Schema does it, characters are code points. */
function assertText(text: string, what: string, maxLength: number): void {
  if (TEXT.test(text) && Array.from(text).length <= maxLength) return;
  throw new MalformedRequestError(
    `${what} has at most ${maxLength} characters, none of them control characters.`,
  );
}
