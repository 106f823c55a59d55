import type {OperationReply} from '../../schemas/kms-operations.ts';
import {decodeMember} from './decode-member.ts';
import type {OperationItem} from './operation.ts';
import {readSignatureInput} from './read-signature-input.ts';
import {tryVersions} from './try-versions.ts';
import {keyVersionMember, type UsableKey} from './usable-key.ts';

/** A signature that is none costs as many verifications as this: whoever has older ones names their version. */
const MAX_TRIED_VERSIONS = 100;

/**
 * `verifyData` or `digest`, `signatureValue` → whether it is this key's signature; false for whatever is none. Versions are
 * tried, newest first, at most 100, unless one is named.
 */
export async function verify(
  operation: OperationItem<'VerifyOperation'>,
  key: UsableKey,
): Promise<OperationReply<'VerifyOperation'>> {
  const {data, options} = readSignatureInput(operation, key.type);
  const signature = decodeMember(operation, 'signatureValue');
  const {keyVersion} = operation;
  const versions =
    keyVersion === undefined ? key.processable().slice(0, MAX_TRIED_VERSIONS) : [key.version(keyVersion)];
  const verified = await tryVersions(versions, async (version) =>
    (await key.module.verify(version, data, signature, options)) ? version : undefined,
  );
  return verified ? {verified: true, ...keyVersionMember(key, verified)} : {verified: false};
}
