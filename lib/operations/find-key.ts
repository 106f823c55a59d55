import {NotFoundError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeyRecordStore} from '../storage/key-record-store.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';

/** A key that somebody who is authorised on its keystore asks for. */
export interface KeyRequest {
  readonly keystore: KeystoreConfig;
  readonly localKeyId: string;
  /** Called with every record that is read, before anything is told of it. @throws where that key is not for who asks */
  readonly admit: (record: KeyRecord) => void;
}

/** @throws NotFoundError, and as `admit`. Deleted keys are found. */
export async function findKey(
  keys: Pick<KeyRecordStore, 'find'>,
  {keystore, localKeyId, admit}: KeyRequest,
): Promise<KeyRecord> {
  const record = await keys.find({keystoreId: keystore.id, localKeyId});
  if (!record) throw new NotFoundError('Key not found.');
  admit(record);
  return record;
}
