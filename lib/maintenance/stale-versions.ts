import type {KeyInfo} from '../sealing/key-administration.ts';
import {ROOT_KEY_PURPOSE} from '../sealing/key-administration.ts';

/** The versions of data keys that are not their key's newest, oldest first. */
export function staleDataKeyVersions(keys: readonly KeyInfo[]): readonly string[] {
  return keys.filter(({purpose}) => purpose !== ROOT_KEY_PURPOSE).flatMap(stale);
}

/** The versions of the root key that are not its newest, oldest first. */
export function staleRootKeyVersions(keys: readonly KeyInfo[]): readonly string[] {
  return keys.filter(({purpose}) => purpose === ROOT_KEY_PURPOSE).flatMap(stale);
}

function stale({versions}: KeyInfo): readonly string[] {
  return versions.slice(0, -1).map(({id}) => id);
}
