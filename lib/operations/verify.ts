import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {decodeMember} from './decode-member.ts';
import type {UsableKey} from './operation.ts';

/** `verifyData`, `signatureValue` → whether it is this key's signature; false for whatever is none. */
export async function verify(
  operation: OperationBody<'VerifyOperation'>,
  {module, version}: UsableKey,
): Promise<OperationReply<'VerifyOperation'>> {
  const data = decodeMember(operation, 'verifyData');
  const signature = decodeMember(operation, 'signatureValue');
  return {verified: await module.verify(version, data, signature)};
}
