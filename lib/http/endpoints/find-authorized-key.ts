import {NotAllowedError, NotFoundError} from '../../errors.ts';
import type {KeyRecord} from '../../storage/key-record.ts';
import type {KeyRecordId, KeyRecordStore} from '../../storage/key-record-store.ts';
import type {Invocation} from '../../zcap/invocation.ts';

/**
 * The key that an authorised request is about. Only who is authorised learns whether it exists.
 * @throws NotFoundError. @throws NotAllowedError where the invoked chain is longer than this key lets be (R26).
 */
export async function findAuthorizedKey(
  keys: KeyRecordStore,
  id: KeyRecordId,
  invocation: Invocation,
): Promise<KeyRecord> {
  const record = await keys.find(id);
  if (!record) throw new NotFoundError('Key not found.');
  if (isChainAllowed(record, invocation)) return record;
  throw new NotAllowedError(
    'chain-length',
    `Maximum zcap invocation capability chain length (${record.maxCapabilityChainLength}) exceeded.`,
  );
}

/** Whether a key may be used, and seen, by a chain of that length: 1 is a controller's own. */
export function isChainAllowed(
  {maxCapabilityChainLength: max}: Pick<KeyRecord, 'maxCapabilityChainLength'>,
  {chainLength}: Pick<Invocation, 'chainLength'>,
): boolean {
  return max === undefined || chainLength <= max;
}
