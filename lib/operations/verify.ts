import type {OperationReply} from '../../schemas/kms-operations.ts';
import {decodeMember} from './decode-member.ts';
import type {OperationItem} from './operation.ts';
import {readSignatureInput} from './read-signature-input.ts';
import {keyVersionMember, type UsableKey} from './usable-key.ts';

/**
 * `verifyData` or `digest`, `signatureValue` → whether it is this key's signature; false for whatever is none. Versions are
 * tried, newest first, unless one is named.
 */
export async function verify(
  operation: OperationItem<'VerifyOperation'>,
  key: UsableKey,
): Promise<OperationReply<'VerifyOperation'>> {
  const {data, options} = readSignatureInput(operation, key.type);
  const signature = decodeMember(operation, 'signatureValue');
  const {keyVersion} = operation;
  const versions = keyVersion === undefined ? key.processable() : [key.version(keyVersion)];
  for (const version of versions) {
    if (await key.module.verify(version, data, signature, options)) {
      return {verified: true, ...keyVersionMember(key, version)};
    }
  }
  return {verified: false};
}
