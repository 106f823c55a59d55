import type {KeyInfo} from '../sealing/key-administration.ts';
import {ROOT_KEY_PURPOSE} from '../sealing/key-administration.ts';
import {sealsFiles} from '../sealing/scopes.ts';

/**
 * The versions of data keys that are not their key's newest, oldest first; but for those whose sealed bytes lie where no store can
 * say whether there are any.
 */
export function staleDataKeyVersions(scope: string, keys: readonly KeyInfo[]): readonly string[] {
  return keys
    .filter(({purpose}) => purpose !== ROOT_KEY_PURPOSE && !sealsFiles(scope, purpose))
    .flatMap(stale);
}

/** The versions of the root key that are not its newest, oldest first. */
export function staleRootKeyVersions(keys: readonly KeyInfo[]): readonly string[] {
  return keys.filter(({purpose}) => purpose === ROOT_KEY_PURPOSE).flatMap(stale);
}

function stale({versions}: KeyInfo): readonly string[] {
  return versions.slice(0, -1).map(({id}) => id);
}
