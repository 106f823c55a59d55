import type {GeneratedKey, KeyModule} from '../key-modules/key-module.ts';
import {addVersion} from '../keys/key-changes.ts';
import {currentVersion, keyTypeOf} from '../keys/key-state.ts';
import type {KeyRecord} from '../storage/key-record.ts';

/** In place of what a module makes, to see whether it may be made. */
const NOTHING = {material: Uint8Array.of(0)};

export interface RotationOptions {
  readonly module: KeyModule;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called once, before anything is made. */
  readonly acceptOnce?: () => Promise<void>;
}

/**
 * @returns what adds a new version to a record: made by the key's module under the key's identity and the next number. Where
 *   another change came first, what was made is used again, if it is still the next version that is asked for.
 */
export function rotation({
  module,
  now,
  acceptOnce,
}: RotationOptions): (record: KeyRecord) => Promise<KeyRecord> {
  let accepted = false;
  let made: {readonly version: number; readonly key: GeneratedKey} | undefined;
  return async (record) => {
    addVersion(record, NOTHING, now());
    if (!accepted) await acceptOnce?.();
    accepted = true;
    const {keystoreId, localKeyId} = record;
    const version = currentVersion(record).version + 1;
    if (made?.version !== version) {
      const type = keyTypeOf(record).name;
      made = {version, key: await module.generateKey({keystoreId, localKeyId, type, version})};
    }
    return addVersion(record, made.key, now());
  };
}
