import {MalformedRequestError} from '../errors.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import type {NewKeyOptions} from './kms.ts';

/** What a new key is to be, as the wire has it: docs/keys.md. @throws MalformedRequestError where it is given two names */
export function newKeyTarget(
  {name: type}: KeyTypeDescriptor,
  {name, tags, ...options}: NewKeyOptions,
): Readonly<Record<string, unknown>> {
  if (name !== undefined && tags?.['name'] !== undefined && tags['name'] !== name) {
    throw new MalformedRequestError('"name" and the tag "name" are the same thing: give one of them.');
  }
  const allTags = {...tags, ...(name !== undefined && {name})};
  return {type, ...options, ...(Object.keys(allTags).length > 0 && {tags: allTags})};
}
