import type {KeyRecord} from '../storage/key-record.ts';
import {currentVersion, operationsOf} from './key-state.ts';
import type {KeyTypeDescriptor} from './key-types.ts';

/** How many messages one AES-GCM key may encrypt under random nonces of 96 bits (NIST SP 800-38D §8.3). */
export const MAX_NONCES = 2 ** 32;

/** With so many left it is time to rotate. */
const FEW_NONCES = MAX_NONCES / 4;

/** Whether so many uses leave a version few nonces: from then on, it is warned of. */
export function areNoncesFew(uses: number): boolean {
  return uses >= MAX_NONCES - FEW_NONCES;
}

/** For people: that the key will soon encrypt no more. @param uses by version */
export function nonceWarnings(
  record: KeyRecord,
  type: KeyTypeDescriptor,
  uses: ReadonlyMap<number, number>,
): readonly string[] {
  const {version} = currentVersion(record);
  const used = uses.get(version) ?? 0;
  const takesNonces = type.algorithm === 'AES-256-GCM' && operationsOf(record, type).includes('encrypt');
  if (!takesNonces || !areNoncesFew(used)) return [];
  return [
    `Version ${version} has encrypted ${used} times, and ends at ${MAX_NONCES}: rotate the key, or have it rotated after fewer uses.`,
  ];
}
