import {InternalError, UnavailableError} from '../errors.ts';
import type {KeyModule, KeyVersion} from '../key-modules/key-module.ts';
import {offeredKeyType, type OfferedKeyType} from '../key-modules/key-type-support.ts';
import {keyTypeOf} from '../keys/key-state.ts';
import {processableVersions, versionFor} from '../keys/key-use-rules.ts';
import type {KeyRecord, KeyVersionRecord} from '../storage/key-record.ts';

/** A stored key, for its module: nothing of states and policies was checked yet but what the methods say. */
export interface UsableKey {
  readonly record: KeyRecord;
  /** With what its module does of it. */
  readonly type: OfferedKeyType;
  readonly module: KeyModule;
  /** The newest version: the one that protects. */
  readonly current: () => KeyVersion;
  /** That version, to process with. @throws NotFoundError, KeyStateError as `versionFor` */
  readonly version: (version: number) => KeyVersion;
  /** All versions that process, newest first. */
  readonly processable: () => readonly KeyVersion[];
}

/** @throws UnavailableError as `storedKeyType` */
export function usableKey(record: KeyRecord, module: KeyModule): UsableKey {
  const type = storedKeyType(record, module);
  const toKeyVersion = (version: KeyVersionRecord | undefined): KeyVersion => {
    const {keystoreId, localKeyId} = record;
    if (!version?.material) throw new InternalError(new Error('A version to be used has no material.'));
    const {version: number, publicKey, material} = version;
    const sealed = {keystoreId, localKeyId, type: type.name, version: number, material};
    return publicKey ? {...sealed, publicKey} : sealed;
  };
  return {
    record,
    type,
    module,
    current: () => toKeyVersion(record.versions.at(-1)),
    version: (version) => toKeyVersion(versionFor(record, version)),
    processable: () => processableVersions(record).map(toKeyVersion),
  };
}

/** @throws UnavailableError where the module has keys of that type no more: one of them was made with it. */
export function storedKeyType(record: Pick<KeyRecord, 'type'>, module: KeyModule): OfferedKeyType {
  const {name} = keyTypeOf(record);
  const type = offeredKeyType(module, name);
  if (!type) throw new UnavailableError("The keystore's key module has no keys of this type now.");
  return type;
}

/** `keyVersion` is in a reply once the key has had more than one: who knows of none gets what they always got. */
export function keyVersionMember(
  {record}: UsableKey,
  {version}: Pick<KeyVersion, 'version'>,
): {readonly keyVersion?: number} {
  return record.versions.length > 1 ? {keyVersion: version} : {};
}
