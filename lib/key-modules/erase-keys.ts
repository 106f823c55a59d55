import {KmsError, UnavailableError} from '../errors.ts';
import {findKeyType} from '../keys/key-types.ts';
import type {KeyRecord, KeyVersionRecord} from '../storage/key-record.ts';
import type {KeyModule, KeyVersion} from './key-module.ts';
import {fieldsOf, type FindModule, type PendingErasures} from './pending-erasures.ts';

export interface EraseOptions {
  /** The module of the record's keystore, undefined where it is not offered now. */
  readonly findModule: FindModule;
  /** Where what could not be reached is asked again. */
  readonly erasures?: Pick<PendingErasures, 'add'> | undefined;
  readonly log: {warn(fields: object, message: string): void};
}

/**
 * Has the module erase what a change took from a record. To be called once that change is stored. Never rejects: what is left
 * of a key that no record refers to is logged, and found by reconciling.
 */
export async function eraseDestroyed(
  before: KeyRecord,
  after: KeyRecord,
  options: EraseOptions,
): Promise<void> {
  const kept = new Set(after.versions.flatMap(({version, material}) => (material ? [version] : [])));
  await eraseVersions(
    before,
    before.versions.filter(({version}) => !kept.has(version)),
    options,
  );
}

/** Has the module erase versions that no stored record has (any more). Never rejects, as above. */
export async function eraseVersions(
  record: KeyRecord,
  versions: readonly KeyVersionRecord[],
  {findModule, erasures, log}: EraseOptions,
): Promise<void> {
  for (const version of versions) {
    const key = keyVersionOf(record, version);
    if (!key) continue;
    try {
      const module = await findModule();
      module?.forget?.(key);
      await module?.destroyKey?.(key);
      // What was sealed here is gone with the record.
      if (module || version.dataKeyVersionId !== undefined) continue;
      log.warn(fieldsOf(key), 'a key is left in its key module, which is not offered now');
    } catch (err) {
      const isTriedAgain = err instanceof UnavailableError && erasures?.add(key, findModule) === true;
      log.warn(
        {...fieldsOf(key), err},
        `a key is left in its key module, which could not erase it${isTriedAgain ? ': it is asked again' : ''}`,
      );
    }
  }
}

/** Has the module drop what it has open of versions that do nothing any more. */
export function forgetDisabled(record: KeyRecord, module: KeyModule | undefined): void {
  for (const version of record.versions) {
    if (record.state === 'enabled' && version.state === 'enabled') continue;
    const key = keyVersionOf(record, version);
    if (key) module?.forget?.(key);
  }
}

/** Whether nothing was stored for certain. */
export function isRefusal(error: unknown): boolean {
  return error instanceof KmsError && error.status < 500;
}

/** undefined where it has no material. */
function keyVersionOf(
  {keystoreId, localKeyId, type}: KeyRecord,
  {version, publicKey, material}: KeyVersionRecord,
): KeyVersion | undefined {
  const keyType = findKeyType(type);
  if (!material || !keyType) return undefined;
  return {keystoreId, localKeyId, type: keyType.name, version, material, ...(publicKey && {publicKey})};
}
