import {NotAllowedError} from '../../errors.ts';
import type {KeyRecord} from '../../storage/key-record.ts';
import type {Invocation} from '../../zcap/invocation.ts';

/** @returns what throws NotAllowedError where the invoked chain is longer than a key lets be (R26). */
export function admitChain(invocation: Invocation): (record: KeyRecord) => void {
  return (record) => {
    if (isChainAllowed(record, invocation)) return;
    throw new NotAllowedError(
      'chain-length',
      `Maximum zcap invocation capability chain length (${record.maxCapabilityChainLength}) exceeded.`,
    );
  };
}

/** Whether a key may be used, and seen, by a chain of that length: 1 is a controller's own. */
export function isChainAllowed(
  {maxCapabilityChainLength: max}: Pick<KeyRecord, 'maxCapabilityChainLength'>,
  {chainLength}: Pick<Invocation, 'chainLength'>,
): boolean {
  return max === undefined || chainLength <= max;
}
