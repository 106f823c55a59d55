import {ChannelKeyAdministration} from '../channel-key-administration.ts';
import type {IpcChannel, IpcTimes} from './ipc-channel.ts';

export interface IpcKmsOptions extends IpcTimes {
  /** Path of the file that `webkms admin ipc add` has written, mode 0600. */
  readonly credential: string;
  /** The capability that the build key has signed for this client, where the client must present one. */
  readonly manifest?: object;
  /** Path of the socket; default: the credential's. */
  readonly socket?: string;
  /** Nobody waits for the first connection any more once it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * A keystore of a server on this host, over its IPC socket: for applications that the server's operator has added. What the application may do
 * there is what it was given. An open connection keeps the process running: `destroy` ends it.
 *
 * A connection that is lost is made anew by the next call. What was asked over it is asked again where it changes nothing; of what changes
 * keys nobody knows then whether it was done: OutcomeUnknownError. KmsConnectionError: nothing was changed.
 */
export class IpcKms extends ChannelKeyAdministration {
  readonly #ipc: IpcChannel;

  private constructor(channel: IpcChannel) {
    super(channel);
    this.#ipc = channel;
  }

  /**
   * The same, over the same connection: its calls reject with the signal's reason once it is aborted, e.g. `AbortSignal.timeout(500)`. Of a change
   * nobody knows then whether it was done. `destroy` has to be called of what `connect` gave.
   */
  withSignal(signal: AbortSignal): IpcKms {
    return new IpcKms(this.#ipc.withSignal(signal));
  }

  /**
   * @throws NotAllowedError where the server refuses the client, or its build. @throws KmsConnectionError where no server is there, or not
   *   the one that the credential is for. @throws UnavailableError, MalformedRequestError
   */
  static async connect({credential: path, manifest, socket, ...options}: IpcKmsOptions): Promise<IpcKms> {
    const [{IpcChannel}, {readIpcCredential}, {ipcIdentity}] = await Promise.all([
      import('./ipc-channel.ts'),
      import('./ipc-credential.ts'),
      import('../../ipc/ipc-identity.ts'),
    ]);
    const credential = await readIpcCredential(path);
    const identity = ipcIdentity(credential.secret);
    credential.secret.fill(0);
    const partner = {
      name: credential.name,
      socket: socket ?? credential.socket,
      keystoreId: credential.keystoreId,
      identity,
      manifest: manifest && Buffer.from(JSON.stringify(manifest)),
    };
    return new IpcKms(await IpcChannel.connect(partner, options));
  }
}
