import {InternalError, NotFoundError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeyRecordStore} from '../storage/key-record-store.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {AuthorizedFacts} from './authorized-facts.ts';

/** A key that somebody who is authorised on its keystore asks for. */
export interface KeyRequest {
  readonly keystore: KeystoreConfig;
  readonly localKeyId: string;
  /** Gives that key: at the first call as it was read when the request was authorised, later as it is then. Default: reads it */
  readonly findKey?: (() => Promise<KeyRecord | undefined>) | undefined;
  /** Called with every record that is read, before anything is told of it. @throws where that key is not for who asks */
  readonly admit: (record: KeyRecord) => void;
  /** As `KeystoreCall.facts`. */
  readonly facts?: AuthorizedFacts;
}

/** @throws NotFoundError, and as `admit`. Deleted keys are found. */
export async function findKey(
  keys: Pick<KeyRecordStore, 'find'>,
  {keystore, localKeyId, findKey: find, admit}: KeyRequest,
): Promise<KeyRecord> {
  const keystoreId = keystore.id;
  const record = await (find ? find() : keys.find({keystoreId, localKeyId}));
  if (!record) throw new NotFoundError('Key not found.');
  if (record.keystoreId !== keystoreId || record.localKeyId !== localKeyId) {
    throw new InternalError(new Error('Another key was read than was asked for.'));
  }
  admit(record);
  return record;
}
