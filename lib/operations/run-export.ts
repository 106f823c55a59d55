import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {keyUrl} from '../keys/key-url.ts';
import {findKey, type KeyRequest} from './find-key.ts';
import {findKeyModule} from './find-key-module.ts';
import type {KeyServiceParts} from './key-service-options.ts';
import type {ExportDescriptor} from './operation.ts';
import {usableKey} from './usable-key.ts';
import {withCurrentKey} from './with-current-key.ts';

interface ExportCall extends KeyRequest {
  /** @throws where the request was accepted before */
  acceptOnce(): Promise<void>;
}

/**
 * Lets a key go, and logs that. What has left cannot be called back, so a signed request gets it once, like a change: who keeps
 * requests and sends one again later gets nothing.
 */
export async function runExport(
  descriptor: ExportDescriptor,
  operation: OperationBody<'ExportKeyOperation'>,
  call: ExportCall,
  {keys, keyModules, now, log}: KeyServiceParts,
): Promise<OperationReply<'ExportKeyOperation'>> {
  const {keystore, localKeyId} = call;
  const module = findKeyModule(keystore.kmsModule, keyModules);
  const reply = await withCurrentKey(
    () => findKey(keys, call),
    (record) => descriptor.run(operation, usableKey(record, module), {now: now()}),
  );
  await call.acceptOnce();
  const {keyVersion, format} = reply;
  const wrapped = operation.recipient !== undefined;
  log.info({key: keyUrl({keystoreId: keystore.id, localKeyId}), keyVersion, format, wrapped}, 'key exported');
  return reply;
}
