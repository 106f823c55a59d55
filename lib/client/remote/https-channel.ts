import {type KmsChannel, OPERATION_ACTIONS, type WireOperation} from '../kms-channel.ts';
import type {SignedClient} from './signed-client.ts';

const PAGE_LENGTH = '50';

/** A keystore of a server over HTTPS. */
export class HttpsChannel implements KmsChannel {
  readonly keystoreId: string;
  readonly #client: SignedClient;
  readonly #close: () => void;

  constructor({
    keystoreId,
    client,
    close,
  }: {
    readonly keystoreId: string;
    readonly client: SignedClient;
    readonly close: () => void;
  }) {
    this.keystoreId = keystoreId;
    this.#client = client;
    this.#close = close;
  }

  runOnKeystore(operation: WireOperation): Promise<unknown> {
    return this.#post(`${this.keystoreId}/keys`, operation);
  }

  runOnKey(keyId: string, operation: WireOperation): Promise<unknown> {
    return this.#post(keyId, operation);
  }

  describeKey(keyId: string): Promise<unknown> {
    // Whatever may be done with the key, what it is may be read.
    return this.#get(`${keyId}?include=metadata`, {orAny: true});
  }

  listKeys(query: {readonly name?: string; readonly cursor?: string}): Promise<unknown> {
    const parameters = new URLSearchParams({include: 'metadata', limit: PAGE_LENGTH, ...query});
    return this.#get(`${this.keystoreId}/keys?${parameters.toString()}`);
  }

  async close(): Promise<void> {
    this.#close();
  }

  #get(url: string, {orAny = false}: {readonly orAny?: boolean} = {}): Promise<unknown> {
    return this.#client.call({method: 'GET', url, action: 'read', orAny, root: this.keystoreId});
  }

  #post(url: string, operation: WireOperation): Promise<unknown> {
    const action = OPERATION_ACTIONS[operation.type];
    return this.#client.call({method: 'POST', url, action, root: this.keystoreId, json: operation});
  }
}
