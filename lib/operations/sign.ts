import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {decodeMember} from './decode-member.ts';
import type {UsableKey} from './operation.ts';

/** `verifyData` → `signatureValue`; ECDSA signatures are r‖s. */
export async function sign(
  operation: OperationBody<'SignOperation'>,
  {module, version}: UsableKey,
): Promise<OperationReply<'SignOperation'>> {
  const signature = await module.sign(version, decodeMember(operation, 'verifyData'));
  return {signatureValue: encodeBase64url(signature)};
}
