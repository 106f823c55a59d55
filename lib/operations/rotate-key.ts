import {eraseDestroyed, eraseVersions, isRefusal} from '../key-modules/erase-keys.ts';
import type {GeneratedKey, KeyModule} from '../key-modules/key-module.ts';
import {addVersion} from '../keys/key-changes.ts';
import {currentVersion} from '../keys/key-state.ts';
import type {KeyRecord, KeyVersionRecord} from '../storage/key-record.ts';
import {changeKey} from './change-key.ts';
import type {KeyRequest} from './find-key.ts';
import type {KeyServiceParts} from './key-service-options.ts';
import {storedKeyType} from './usable-key.ts';

/** In place of what a module makes, to see whether it may be made. */
const NOTHING = {material: Uint8Array.of(0)};

export interface RotationOptions {
  readonly request: KeyRequest;
  readonly module: KeyModule;
  /** Called once, before anything is made. */
  readonly acceptOnce?: () => Promise<void>;
  /** Only while the keystore is what it was when this was authorised. */
  readonly keystoreSequence?: number;
}

type IsDue = (record: KeyRecord) => boolean;
type Rotated<Due> = KeyRecord | (Due extends IsDue ? undefined : never);

/**
 * Adds a new version to a key: made by the key's module under the key's identity and the next number. Where another change came
 * first, what was made is used again, if it is still the next version that is asked for; what is not used is erased.
 * @param isDue is asked of the record that is replaced; default: it is
 * @returns the record as it is stored, or undefined where it was not to be rotated (any more). @throws as `changeKey`
 */
export async function rotateKey<Due extends IsDue | undefined = undefined>(
  {request, module, acceptOnce, keystoreSequence}: RotationOptions,
  {keys, now, erasures, log}: Pick<KeyServiceParts, 'keys' | 'now' | 'erasures' | 'log'>,
  isDue?: Due,
): Promise<Rotated<Due>> {
  const erasing = {findModule: () => module, erasures, log};
  const made: {readonly version: number; readonly key: GeneratedKey}[] = [];
  let before: KeyRecord | undefined;
  const change = async (record: KeyRecord): Promise<KeyRecord | undefined> => {
    before = record;
    if (isDue && !isDue(record)) return undefined;
    addVersion(record, NOTHING, now());
    const type = storedKeyType(record, module).name;
    if (made.length === 0) await acceptOnce?.();
    const {keystoreId, localKeyId} = record;
    const version = currentVersion(record).version + 1;
    let next = made.at(-1);
    if (next?.version !== version) {
      next = {version, key: await module.generateKey({keystoreId, localKeyId, type, version})};
      made.push(next);
    }
    return addVersion(record, next.key, now());
  };
  /** The last that was made may be stored; whatever was made before it is not. */
  const eraseMade = async (list: typeof made): Promise<void> => {
    if (before) await eraseVersions(before, list.map(asVersion), erasing);
  };
  let stored: KeyRecord | undefined;
  try {
    stored = await changeKey({
      ...{keys, request, change},
      ...(keystoreSequence !== undefined && {keystoreSequence}),
    });
  } catch (error) {
    await eraseMade(isRefusal(error) ? made : made.slice(0, -1));
    throw error;
  }
  await eraseMade(stored ? made.slice(0, -1) : made);
  if (stored && before) await eraseDestroyed(before, stored, erasing);
  // Without a condition every record is replaced, or it throws.
  return stored as Rotated<Due>;
}

function asVersion({version, key}: {readonly version: number; readonly key: GeneratedKey}): KeyVersionRecord {
  return {version, createdAt: 0, state: 'enabled', ...key};
}
