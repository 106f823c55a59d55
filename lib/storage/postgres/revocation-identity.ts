import {createHash} from 'node:crypto';
import type {RevocationKey} from '../revocation-store.ts';

/** What the index of revocations has of one: no two have the same. The database computes it, too, and compares. */
export const revocationIdentity = ({
  delegator,
  capabilityId,
}: Omit<RevocationKey, 'keystoreId'>): Uint8Array =>
  createHash('sha256')
    .update(`${Buffer.byteLength(delegator)}:${delegator}${capabilityId}`)
    .digest();
