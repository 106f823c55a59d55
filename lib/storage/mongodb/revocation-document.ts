import {createHash} from 'node:crypto';
import type {Revocation} from '../revocation-store.ts';
import type {StoredDocument} from './collections.ts';
import {integer, text} from './stored-values.ts';

/** `_id` of a revocation, of all that it is known by: one text stands for one list of texts. */
export const revocationDocumentId = (keystoreId: string, delegator: string, capabilityId: string): string =>
  createHash('sha256')
    .update(JSON.stringify([keystoreId, delegator, capabilityId]))
    .digest('base64url');

export const toRevocation = (document: StoredDocument): Revocation => ({
  keystoreId: text(document['keystoreId']),
  delegator: text(document['delegator']),
  capabilityId: text(document['capabilityId']),
  expiresAt: integer(document['expiresAt']),
  revoker: text(document['revoker']),
  revokedAt: integer(document['revokedAt']),
});
