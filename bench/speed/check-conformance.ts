import {randomBytes} from 'node:crypto';
import {Agent} from 'node:https';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {ZcapClient} from '@digitalbazaar/ezcap';
import {KmsClient, type CapabilityDocument} from '@digitalbazaar/webkms-client';
import {verifiesIndependently} from '../../test/official-clients/independent-keys.ts';
import {OWNER, party} from '../scene/parties.ts';
import {ED25519} from '../scene/scene.ts';

/**
 * What is timed must do what it is timed for: the official client creates a keystore and a key, signs, and signs by a delegated
 * capability; others verify the signatures; a stranger is refused, and a delegate once the capability was revoked.
 * @param baseUrl https
 * @param ca PEM: the certificate to trust
 * @throws Error
 */
export async function checkConformance(baseUrl: string, ca: string): Promise<void> {
  const httpsAgent = new Agent({ca});
  const [owner, delegate] = [OWNER.signer, party('delegate').signer];
  const {id: keystoreId} = await KmsClient.createKeystore({
    url: `${baseUrl}/kms/keystores`,
    config: {sequence: 0, controller: OWNER.did, kmsModule: 'ssm-v1'},
    invocationSigner: owner,
    httpsAgent,
  });
  const kms = new KmsClient({keystoreId, httpsAgent});
  const {keyId, keyDescription: description} = await kms.generateKey({
    type: ED25519,
    invocationSigner: owner,
  });
  const assertSigns = async (rest: {
    readonly invocationSigner: typeof owner;
    readonly capability?: CapabilityDocument;
  }): Promise<void> => {
    const data = randomBytes(64);
    const signature = await kms.sign({keyId, data, ...rest});
    const found = {description: {...description}, data, signature};
    if (!(await verifiesIndependently(ED25519, found))) throw new Error('A signature does not verify.');
  };
  const assertRefuses = async (rest: Parameters<typeof assertSigns>[0]): Promise<void> => {
    const refusal: unknown = await assertSigns(rest).catch((error: unknown) => error);
    const isRefusal = refusal instanceof Error && 'status' in refusal && refusal.status === 403;
    if (!isRefusal) throw new Error('Somebody without authority was not refused.', {cause: refusal});
  };
  await assertSigns({invocationSigner: owner});
  const zcaps = new ZcapClient({
    SuiteClass: Ed25519Signature2020,
    delegationSigner: owner,
    invocationSigner: owner,
  });
  const capability = await zcaps.delegate({
    capability: `urn:zcap:root:${encodeURIComponent(keystoreId)}`,
    invocationTarget: keyId,
    controller: delegate.controller,
    allowedActions: ['sign'],
  });
  await assertSigns({invocationSigner: delegate, capability});
  await assertRefuses({invocationSigner: delegate});
  await kms.revokeCapability({capabilityToRevoke: capability, invocationSigner: owner});
  await assertRefuses({invocationSigner: delegate, capability});
  httpsAgent.destroy();
}
