import type {KeyRecordId} from '../storage/key-record-store.ts';

/** The URL of a key: its id on the wire. */
export function keyUrl({keystoreId, localKeyId}: KeyRecordId): string {
  return `${keystoreId}/keys/${localKeyId}`;
}
