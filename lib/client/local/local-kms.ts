import type {Logger} from 'pino';
import {MalformedRequestError} from '../../errors.ts';
import {ChannelKeyAdministration} from '../channel-key-administration.ts';
import type {KmsChannel} from '../kms-channel.ts';

export interface LocalKmsOptions {
  /** Path; made, mode 0700, where it is not there. */
  readonly dataDir: string;
  /** The DID whose keystore it is. A server that has the directory later lets it in by that. */
  readonly controller: string;
  /** URL; default: the first keystore that the controller made in this directory, of that module. Where there is none, one is made. */
  readonly keystoreId?: string;
  /** Of a keystore that is made, the key module that keeps its keys: one of `WEBKMS_KEY_MODULES`. Default: the first of them */
  readonly kmsModule?: string;
  /** Path of a file of settings of the server, as far as they are about the store and the keys; `environment` goes before it. */
  readonly configFile?: string;
  /** Settings of the server (`WEBKMS_…`), as far as they are about the store and the keys: `WEBKMS_BASE_URL` begins their URLs. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Default: errors, on standard error. */
  readonly log?: Logger;
  /** Asks a person for the passphrase of the root of trust, where it has one. Default: it is an error */
  readonly prompt?: (question: string) => Promise<Uint8Array>;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

const DID = /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/;

/**
 * A keystore in a data directory, used without a server: the same store, key hierarchy and rules as `webkms serve` has, in this process.
 * While it is open nobody else has the directory; what falls due for keys (rotation, erasure) is done meanwhile.
 */
export class LocalKms extends ChannelKeyAdministration {
  private constructor(channel: KmsChannel) {
    super(channel);
  }

  /**
   * @throws KmsConnectionError where another process has the directory. @throws SealedError where its roots of trust are in shares.
   * @throws NotAllowedError where there is no such keystore, MalformedRequestError where there is no such module. @throws SettingsError, StoreOpenError, RootOfTrustError
   */
  static async open(options: LocalKmsOptions): Promise<LocalKms> {
    if (!DID.test(options.controller)) throw new MalformedRequestError('"controller" must be a DID.');
    // Much to load, for who uses a local store only.
    const {openLocalChannel} = await import('./open-local-channel.ts');
    return new LocalKms(await openLocalChannel(options));
  }
}
