import {randomBytes} from 'node:crypto';

/** The kinds of ids in the key hierarchy: root wrapper, root key, its version, data key, its version. */
export type IdPrefix = 'rw' | 'krk' | 'krkv' | 'kdk' | 'kdkv';

/** @returns the prefix, `_` and 16 random bytes as base64url: never used twice, safe in blobs, rows and logs. */
export function randomId(prefix: IdPrefix): string {
  return `${prefix}_${randomBytes(16).toString('base64url')}`;
}
