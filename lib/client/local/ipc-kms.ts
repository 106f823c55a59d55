import {ChannelKeyAdministration} from '../channel-key-administration.ts';
import type {KmsChannel} from '../kms-channel.ts';

export interface IpcKmsOptions {
  /** Path of the file that `webkms admin ipc add` has written, mode 0600. */
  readonly credential: string;
  /** The capability that the build key has signed for this client, where the client must present one. */
  readonly manifest?: object;
  /** Path of the socket; default: the credential's. */
  readonly socket?: string;
}

/**
 * A keystore of a server on this host, over its IPC socket: for applications that the server's operator has added. What the application may do
 * there is what it was given. An open connection keeps the process running: `destroy` ends it.
 */
export class IpcKms extends ChannelKeyAdministration {
  private constructor(channel: KmsChannel) {
    super(channel);
  }

  /**
   * @throws NotAllowedError where the server refuses the client, or its build. @throws KmsConnectionError where no server is there, or not
   *   the one that the credential is for. @throws UnavailableError, MalformedRequestError
   */
  static async connect({credential: path, manifest, socket}: IpcKmsOptions): Promise<IpcKms> {
    const [{IpcChannel}, {readIpcCredential}, {ipcIdentity}] = await Promise.all([
      import('./ipc-channel.ts'),
      import('./ipc-credential.ts'),
      import('../../ipc/ipc-identity.ts'),
    ]);
    const credential = await readIpcCredential(path);
    const identity = ipcIdentity(credential.secret);
    credential.secret.fill(0);
    const channel = new IpcChannel({
      name: credential.name,
      socket: socket ?? credential.socket,
      keystoreId: credential.keystoreId,
      identity,
      manifest: manifest && Buffer.from(JSON.stringify(manifest)),
    });
    await channel.connect();
    return new IpcKms(channel);
  }
}
