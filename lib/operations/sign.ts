import type {OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import type {OperationItem} from './operation.ts';
import {readSignatureInput} from './read-signature-input.ts';
import {keyVersionMember, type UsableKey} from './usable-key.ts';

/** `verifyData` or `digest` → `signatureValue`, by the newest version; ECDSA signatures are r‖s. */
export async function sign(
  operation: OperationItem<'SignOperation'>,
  key: UsableKey,
): Promise<OperationReply<'SignOperation'>> {
  const {data, options} = readSignatureInput(operation, key.type);
  const version = key.current();
  const signature = await key.module.sign(version, data, options);
  return {signatureValue: encodeBase64url(signature), ...keyVersionMember(key, version)};
}
