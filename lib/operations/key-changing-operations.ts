import type {OperationBody} from '../../schemas/kms-operations.ts';
import {
  destroyVersion,
  disableKey,
  disableVersion,
  enableKey,
  enableVersion,
  restoreKey,
  scheduleDeletion,
} from '../keys/key-changes.ts';
import {updateKey} from '../keys/key-update.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {ChangeContext} from './operation.ts';

/** What each operation that changes a key makes of its record. */

export function update(
  record: KeyRecord,
  operation: OperationBody<'UpdateKeyOperation'>,
  {defaults, now}: ChangeContext,
): KeyRecord {
  const members: Partial<typeof operation> = {...operation};
  delete members.type;
  delete members.invocationTarget;
  delete members['@context'];
  return updateKey(record, members, {defaults, now});
}

export function disable(
  record: KeyRecord,
  {keyVersion}: OperationBody<'DisableKeyOperation'>,
  {now}: ChangeContext,
): KeyRecord {
  return keyVersion === undefined ? disableKey(record, now) : disableVersion(record, keyVersion, now);
}

export function enable(
  record: KeyRecord,
  {keyVersion}: OperationBody<'EnableKeyOperation'>,
  {now}: ChangeContext,
): KeyRecord {
  return keyVersion === undefined ? enableKey(record, now) : enableVersion(record, keyVersion, now);
}

/** The key, at the end of its recovery window; or a version, now. */
export function remove(
  record: KeyRecord,
  {keyVersion, recoveryWindowSeconds}: OperationBody<'DeleteKeyOperation'>,
  {defaults, now}: ChangeContext,
): KeyRecord {
  if (keyVersion !== undefined) return destroyVersion(record, keyVersion, now);
  return scheduleDeletion(record, {windowSeconds: recoveryWindowSeconds, defaults, now});
}

export function restore(
  record: KeyRecord,
  _operation: OperationBody<'RestoreKeyOperation'>,
  {now}: ChangeContext,
): KeyRecord {
  return restoreKey(record, now);
}
