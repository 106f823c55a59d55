import {keyUrl} from '../keys/key-url.ts';

/** What a record is, and which: for the operator. */
export type RecordName =
  | {readonly kind: 'keystore'; readonly keystoreId: string}
  | {readonly kind: 'key'; readonly keystoreId: string; readonly localKeyId: string};

/** @returns the record's URL, after what it is. */
export function formatRecordName(name: RecordName): string {
  return name.kind === 'keystore' ? `keystore ${name.keystoreId}` : `key ${keyUrl(name)}`;
}

/**
 * A stored record is not one that the server wrote, as it wrote it, in this place: somebody, or something, changed the
 * database. Clients learn nothing of it: to them it is an `InternalError`. The log names the record.
 */
export class TamperedRecordError extends Error {
  override readonly name = 'TamperedRecordError';
  readonly code = 'ERR_TAMPERED_RECORD';
  readonly record: RecordName;

  constructor(record: RecordName, options?: ErrorOptions) {
    super(`The stored ${formatRecordName(record)} is not what the server wrote.`, options);
    this.record = record;
  }
}
