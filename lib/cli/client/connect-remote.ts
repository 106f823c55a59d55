import {RemoteKms} from '../../client/remote/remote-kms.ts';
import type {ClientConnection} from './client-connection.ts';
import type {ControllerKey} from './profile/controller-key.ts';
import type {RemoteProfile} from './profile/profile.ts';

/** Nothing is sent yet. @throws KmsError where the profile cannot be right */
export async function connectRemote(
  profile: RemoteProfile,
  {signer}: ControllerKey,
): Promise<ClientConnection> {
  const {keystore: keystoreId, ca, capabilities} = profile;
  const kms = await RemoteKms.connect({keystoreId, signer, capabilities, ...(ca !== undefined && {ca})});
  return {
    profile,
    kms,
    authority: () => ({
      delegate: (delegation) => kms.delegate(delegation),
      revoke: (capability) => kms.revoke(capability),
      revocations: () => kms.listRevocations(),
      transfer: async (dids) => {
        await kms.setControllers(dids);
      },
    }),
    close: () => kms.destroy(),
  };
}

/**
 * Creates a keystore that the key's DID controls.
 * @param kmsModule the key module that is to keep its keys; default: the server's first
 * @returns its URL. @throws KmsError, KmsConnectionError
 */
export async function createRemoteKeystore(
  {server: serverUrl, ca}: Pick<RemoteProfile, 'server' | 'ca'>,
  {signer}: ControllerKey,
  kmsModule?: string,
): Promise<string> {
  const kms = await RemoteKms.createKeystore({
    ...{serverUrl, signer},
    ...(ca !== undefined && {ca}),
    ...(kmsModule !== undefined && {kmsModule}),
  });
  await kms.destroy();
  return kms.serviceIdentifier;
}
