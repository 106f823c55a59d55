import {NotAllowedError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {AuthorizedFacts} from './authorized-facts.ts';

/** @returns what throws NotAllowedError where the invoked chain is longer than a key lets be (R26). */
export function admitChain(facts: Pick<AuthorizedFacts, 'chainLength'>): (record: KeyRecord) => void {
  return (record) => {
    if (isChainAllowed(record, facts)) return;
    throw new NotAllowedError(
      'chain-length',
      `Maximum zcap invocation capability chain length (${record.maxCapabilityChainLength}) exceeded.`,
    );
  };
}

/** Whether a key may be used, and seen, by a chain of that length: 1 is a controller's own. */
export function isChainAllowed(
  {maxCapabilityChainLength: max}: Pick<KeyRecord, 'maxCapabilityChainLength'>,
  {chainLength}: Pick<AuthorizedFacts, 'chainLength'>,
): boolean {
  return max === undefined || chainLength <= max;
}
