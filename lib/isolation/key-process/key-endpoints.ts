import {MalformedRequestError, NotAllowedError} from '../../errors.ts';
import {TamperedRecordError} from '../../integrity/tampered-record-error.ts';
import type {KeyManagement} from '../../key-management.ts';
import {keyUrl} from '../../keys/key-url.ts';
import {admitChain, isChainAllowed} from '../../operations/admit-chain.ts';
import type {KeyRequest} from '../../operations/find-key.ts';
import {readOperationType, validateOperation} from '../../operations/read-operation.ts';
import type {KeyRecord} from '../../storage/key-record.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import type {HttpProcess, KeyData, KeyProcess} from '../protocol/key-process-methods.ts';
import {storedKey, storedKeystore} from '../protocol/record-shapes.ts';
import {RowMemory} from './row-memory.ts';

type KeyEndpoints = Pick<KeyProcess, 'verifyKeystore' | 'runOnKeystore' | 'runOnKey' | 'read' | 'list'>;
type Asked = Pick<HttpProcess, 'acceptOnce' | 'goOn'>;

/**
 * What is done with keys for the HTTP process. Of all that it says, only that somebody was authorised is believed: rows are verified,
 * operations validated, and that they are for this key and by that action is asked again.
 */
export function keyEndpoints(
  {
    authenticator,
    keyService,
    requestStores,
  }: Pick<KeyManagement, 'authenticator' | 'keyService' | 'requestStores'>,
  http: Asked,
): KeyEndpoints {
  const keystoreRows = new RowMemory(storedKeystore);
  const keyRows = new RowMemory(storedKey);

  const verifyKeystore = (row: Uint8Array): Promise<KeystoreConfig> =>
    authenticator.verifyKeystore(keystoreRows.read(row));

  const keyRequest = async ({keystore: row, localKeyId, key, facts}: KeyData): Promise<KeyRequest> => {
    const keystore = await verifyKeystore(row);
    const id = {keystoreId: keystore.id, localKeyId};
    let given: Uint8Array | undefined = key;
    const findKey = async (): Promise<KeyRecord | undefined> => {
      const stored = given && keyRows.read(given);
      given = undefined;
      // It may have been sealed anew since it was read: what is there now is judged.
      if (stored?.keystoreId !== id.keystoreId || stored.localKeyId !== localKeyId)
        return requestStores.keys.find(id);
      return authenticator.verifyKey(stored).catch((error: unknown) => {
        if (error instanceof TamperedRecordError) return requestStores.keys.find(id);
        throw error;
      });
    };
    return {keystore, localKeyId, findKey, admit: admitChain(facts)};
  };

  return {
    verifyKeystore: async (row) => {
      await verifyKeystore(row);
    },

    runOnKeystore: async ({keystore: row, operation: body, facts, call}) => {
      const keystore = await verifyKeystore(row);
      const descriptor = readOperationType(body, 'keystore');
      assertAction(descriptor, facts);
      const operation = validateOperation(descriptor, body);
      return keyService.runOnKeystore(descriptor, operation, {
        keystore,
        acceptOnce: () => http.acceptOnce(call),
      });
    },

    runOnKey: async ({operation: body, call, ...key}) => {
      const request = await keyRequest(key);
      const descriptor = readOperationType(body, 'key');
      assertAction(descriptor, key.facts);
      const operation = validateOperation(descriptor, body);
      const url = keyUrl({keystoreId: request.keystore.id, localKeyId: key.localKeyId});
      if (operation.invocationTarget !== url)
        throw new MalformedRequestError('The operation is for another key.');
      return keyService.runOnKey(descriptor, operation, {
        ...request,
        acceptOnce: () => http.acceptOnce(call),
        goOn: () => http.goOn(call),
      });
    },

    read: async (key, options) => keyService.read(await keyRequest(key), options),

    list: async ({keystore: row, facts}, options) => {
      const keystore = await verifyKeystore(row);
      return keyService.list({keystore, isVisible: (record) => isChainAllowed(record, facts)}, options);
    },
  };
}

/** What was authorised is what is asked for. */
function assertAction({action}: {readonly action: string}, facts: {readonly action: string}): void {
  if (action === facts.action) return;
  throw new NotAllowedError('action', 'The operation is not by the action that was authorised.');
}
