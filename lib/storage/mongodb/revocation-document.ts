import {createHash} from 'node:crypto';

/** `_id` of a revocation, of all that it is known by: one text stands for one list of texts. */
export const revocationDocumentId = (keystoreId: string, delegator: string, capabilityId: string): string =>
  createHash('sha256')
    .update(JSON.stringify([keystoreId, delegator, capabilityId]))
    .digest('base64url');
