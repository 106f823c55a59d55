import type {RecordAuthentication} from './record-authentication.ts';

/** What authenticates a row, as a backend with rows reads it. */
export interface MacColumns {
  readonly mac: Uint8Array;
  /** Empty where the reference was broken behind the database's back. */
  readonly macKeyVersionId: string;
}

export function requireDataKeyVersion(id: string): string {
  if (id === '') throw new TypeError('A row names a data key version that is not stored.');
  return id;
}

export function toAuthentication({mac, macKeyVersionId}: MacColumns): RecordAuthentication {
  return {mac, dataKeyVersionId: requireDataKeyVersion(macKeyVersionId)};
}
