import {readIpcCredential} from '../../lib/client/local/ipc-credential.ts';
import type {IpcPartner} from '../../lib/client/local/ipc-connection.ts';
import {ipcIdentity} from '../../lib/ipc/ipc-identity.ts';

/** What a credential's holder connects with. */
export async function partnerOf(credential: string): Promise<IpcPartner> {
  const {name, socket, keystoreId, secret} = await readIpcCredential(credential);
  return {name, socket, keystoreId, identity: ipcIdentity(secret), manifest: undefined};
}
