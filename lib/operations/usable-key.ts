import {InternalError} from '../errors.ts';
import type {KeyModule, KeyVersion} from '../key-modules/key-module.ts';
import {keyTypeOf} from '../keys/key-state.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {processableVersions, versionFor} from '../keys/key-use-rules.ts';
import type {KeyRecord, KeyVersionRecord} from '../storage/key-record.ts';

/** A stored key, for its module: nothing of states and policies was checked yet but what the methods say. */
export interface UsableKey {
  readonly record: KeyRecord;
  readonly type: KeyTypeDescriptor;
  readonly module: KeyModule;
  /** The newest version: the one that protects. */
  readonly current: () => KeyVersion;
  /** That version, to process with. @throws NotFoundError, KeyStateError as `versionFor` */
  readonly version: (version: number) => KeyVersion;
  /** All versions that process, newest first. */
  readonly processable: () => readonly KeyVersion[];
}

export function usableKey(record: KeyRecord, module: KeyModule): UsableKey {
  const type = keyTypeOf(record);
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

/** `keyVersion` is in a reply once the key has had more than one: who knows of none gets what they always got. */
export function keyVersionMember(
  {record}: UsableKey,
  {version}: Pick<KeyVersion, 'version'>,
): {readonly keyVersion?: number} {
  return record.versions.length > 1 ? {keyVersion: version} : {};
}
