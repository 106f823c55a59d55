import {InternalError, NotSupportedError} from '../errors.ts';
import type {KeyModule} from '../key-modules/key-module.ts';
import {findKeyType} from '../keys/key-types.ts';
import type {KeyOperation} from '../storage/key-record.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {UsableKey} from './operation.ts';

/**
 * A stored key's current version, for an operation that its type has.
 * @throws NotSupportedError where it has not.
 */
export function usableKey(record: KeyRecord, action: KeyOperation, module: KeyModule): UsableKey {
  const {keystoreId, localKeyId, versions} = record;
  const type = findKeyType(record.type);
  const current = versions.at(-1);
  if (!type || !current)
    throw new InternalError(new Error('A stored key is of an unknown type or has no version.'));
  if (!type.operations.includes(action)) {
    throw new NotSupportedError('The key does not support this operation.', {
      details: {supported: type.operations},
    });
  }
  const {version, publicKey, material} = current;
  return {
    type,
    version: {keystoreId, localKeyId, type: type.name, version, material, ...(publicKey && {publicKey})},
    module,
  };
}
