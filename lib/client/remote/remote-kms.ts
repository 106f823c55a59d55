import {Agent} from 'node:https';
import {InvalidStateError} from '../../errors.ts';
import {ChannelKeyAdministration} from '../channel-key-administration.ts';
import {
  assertCapability,
  type Capability,
  chooseCapability,
  type ConnectionCredential,
  type RequestSigner,
} from './capability.ts';
import {delegateCapability, type DelegationRequest} from './delegate.ts';
import {HttpsChannel} from './https-channel.ts';
import {
  type KeystoreInfo,
  KeystoreRequests,
  type NewKeystoreOptions,
  type RevocationInfo,
} from './keystore.ts';
import {parseKeystoreId, parseServerUrl} from './keystore-url.ts';
import {SignedClient} from './signed-client.ts';

interface HttpsOptions {
  /** PEM: certificates to trust instead of those that the system does, e.g. the server's own where it is self-signed. */
  readonly ca?: string | readonly string[];
  /** In place of `ca`; it is the caller's to close. */
  readonly agent?: Agent;
  /** Milliseconds since the epoch, for signatures. */
  readonly now?: () => number;
}

export interface RemoteKmsOptions extends HttpsOptions, ConnectionCredential {
  /** The keystore's URL: https. */
  readonly keystoreId: string;
}

export interface CreateKeystoreOptions extends HttpsOptions, NewKeystoreOptions {
  /** The server's origin: https. */
  readonly serverUrl: string;
  readonly signer: RequestSigner;
}

const MAX_SOCKETS = 32;

/**
 * A keystore of a WebKMS server. Requests are signed, and go over TLS with a certificate that is checked: there is no other way.
 * Nothing is asked twice, but for reads on a connection that had been closed.
 */
export class RemoteKms extends ChannelKeyAdministration {
  #connection:
    | {
        readonly credential: ConnectionCredential;
        readonly requests: KeystoreRequests;
        readonly now: () => number;
      }
    | undefined;

  private constructor(
    {keystoreId, credential}: {readonly keystoreId: string; readonly credential: ConnectionCredential},
    {client, close, now}: OpenedClient,
  ) {
    super(new HttpsChannel({keystoreId, client, close}));
    this.#connection = {credential, requests: new KeystoreRequests(client), now};
  }

  /** Nothing is sent yet. @throws MalformedRequestError where URL or capabilities cannot be right */
  static async connect({
    keystoreId,
    signer,
    capabilities = [],
    ...options
  }: RemoteKmsOptions): Promise<RemoteKms> {
    for (const capability of capabilities) assertCapability(capability);
    const credential = {signer, capabilities};
    return new RemoteKms(
      {keystoreId: parseKeystoreId(keystoreId), credential},
      openClient(credential, options),
    );
  }

  /** Creates a keystore whose controller is the signer's DID, unless told otherwise, and connects to it. */
  static async createKeystore({
    serverUrl,
    signer,
    controllers,
    kmsModule,
    ipAllowList,
    ...options
  }: CreateKeystoreOptions): Promise<RemoteKms> {
    const origin = parseServerUrl(serverUrl);
    const credential = {signer};
    const connection = openClient(credential, options);
    try {
      const {id: keystoreId} = await new KeystoreRequests(connection.client).create(origin, signer, {
        ...(controllers && {controllers}),
        ...(kmsModule !== undefined && {kmsModule}),
        ...(ipAllowList && {ipAllowList}),
      });
      return new RemoteKms({keystoreId, credential}, connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async getKeystore(): Promise<KeystoreInfo> {
    return this.#open().requests.get(this.serviceIdentifier);
  }

  /** Transfers control: from the answer on, whoever is not among `controllers` is refused, the signer too. */
  async setControllers(controllers: readonly string[]): Promise<KeystoreInfo> {
    return this.#open().requests.update(this.serviceIdentifier, {controllers});
  }

  /**
   * Delegates what this connection may do, offline.
   * @throws NotAllowedError where none of its capabilities holds that. @throws MalformedRequestError
   */
  async delegate(request: DelegationRequest): Promise<Capability> {
    const {credential, now: clock} = this.#open();
    const {signer, capabilities = []} = credential;
    const now = clock();
    const keystoreId = this.serviceIdentifier;
    const url = request.keyId ?? keystoreId;
    // The same for every action: a capability has one parent.
    const parent = chooseCapability(capabilities, {keystoreId, url, actions: request.actions, now});
    return delegateCapability(request, {
      ...{signer, keystoreId, now},
      parent: typeof parent === 'object' ? parent : undefined,
    });
  }

  /** From the answer on, the capability and all that was delegated with it are honoured nowhere. */
  async revoke(capability: Capability): Promise<void> {
    assertCapability(capability);
    await this.#open().requests.revoke(this.serviceIdentifier, capability);
  }

  async *listRevocations(): AsyncGenerator<RevocationInfo, void, undefined> {
    yield* this.#open().requests.revocations(this.serviceIdentifier);
  }

  override async destroy(): Promise<void> {
    this.#connection = undefined;
    await super.destroy();
  }

  #open() {
    if (this.#connection) return this.#connection;
    throw new InvalidStateError('The connection to the key management service was closed by destroy().');
  }
}

interface OpenedClient {
  readonly client: SignedClient;
  readonly close: () => void;
  readonly now: () => number;
}

function openClient(
  credential: ConnectionCredential,
  {ca, agent, now = Date.now}: HttpsOptions,
): OpenedClient {
  if (agent) return {client: new SignedClient({credential, agent, now}), close: () => undefined, now};
  const own = new Agent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    // Whatever the environment says.
    rejectUnauthorized: true,
    ...(ca !== undefined && {ca: typeof ca === 'string' ? ca : [...ca]}),
  });
  return {client: new SignedClient({credential, agent: own, now}), close: () => own.destroy(), now};
}
