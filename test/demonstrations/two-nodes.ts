import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import type {Controller} from '../support/did-key.ts';
import {runServerProcess, type TestServer} from '../support/run-server.ts';
import {rootCapabilityId, send, signedRequest, type WireRequest} from '../support/signed-request.ts';
import type {TcpProxy} from '../support/tcp-proxy.ts';

/** Each reading takes one for as long as the store is far away. */
const FAR_STORE_CONNECTIONS = 120;
/** So short that a deleted key is erased while a test waits. */
export const RECOVERY_SECONDS = 2;

/** One store for two server processes. */
export interface SharedStore {
  /** `WEBKMS_STORAGE`. Absent: the first node's own file. */
  readonly url?: string;
  /** The way of the second node to it. */
  readonly proxy?: TcpProxy;
  close(): Promise<void>;
}

/** Two server processes over one store, under one public origin. */
export class Nodes {
  readonly both: readonly [TestServer, TestServer];
  readonly #store: SharedStore;

  private constructor(both: readonly [TestServer, TestServer], store: SharedStore) {
    this.both = both;
    this.#store = store;
  }

  static async start(store: SharedStore, environment: Readonly<Record<string, string>> = {}): Promise<Nodes> {
    const {url, proxy} = store;
    const common = {
      WEBKMS_KEY_MIN_RECOVERY_WINDOW: `${RECOVERY_SECONDS}s`,
      // A change goes to and fro several times: no busy machine is to make an unknown outcome of it.
      WEBKMS_STORAGE_TIMEOUT: '14s',
      ...environment,
    };
    await using starting = new AsyncDisposableStack();
    starting.defer(() => store.close());
    const first = await runServerProcess({
      environment: {...common, ...(url !== undefined && {WEBKMS_STORAGE: url})},
    });
    starting.defer(() => first.stop());
    const shared = url === undefined ? `sqlite:${first.dataDir}/webkms.db` : (proxy?.urlOf(url) ?? url);
    const second = await runServerProcess({
      environment: {
        ...common,
        WEBKMS_BASE_URL: first.baseUrl,
        WEBKMS_STORAGE: shared,
        WEBKMS_STORAGE_CONNECTIONS: String(FAR_STORE_CONNECTIONS),
        WEBKMS_ROOT_WRAPPER: `file:${first.dataDir}/root.key`,
      },
    });
    starting.move();
    return new Nodes([first, second], store);
  }

  /** Has the second node connect to the store, as often as these need it at once: from far away that takes long. */
  async connect(requests: readonly WireRequest[]): Promise<void> {
    const answers = await Promise.all(requests.map((request) => send(this.both[1], request)));
    for (const {status, text} of answers) expect(status, text).to.equal(200);
  }

  delay(ms: number): void {
    if (this.#store.proxy) this.#store.proxy.delayMs = ms;
  }

  /** @returns what it answered, which is that it was done. */
  async done(request: WireRequest, node = 0): Promise<unknown> {
    const {status, text, json} = await send(this.both[node === 0 ? 0 : 1], request);
    expect(status, text).to.be.within(200, 299);
    return json;
  }

  async createKeystore(owner: Controller): Promise<string> {
    const url = `${this.both[0].baseUrl}/kms/keystores`;
    const json = {sequence: 0, controller: owner.did};
    const request = {url, json, action: 'write', capability: rootCapabilityId(url), signer: owner};
    return ((await this.done(signedRequest(request))) as {id: string}).id;
  }

  async generateKey(keystore: string, owner: Controller, type: string): Promise<string> {
    const json = {type: 'GenerateKeyOperation', invocationTarget: {type}};
    const request = {url: `${keystore}/keys`, json, action: 'generateKey', signer: owner};
    return ((await this.done(signedRequest(request))) as {keyId: string}).keyId;
  }

  /** Waits until nothing is left of a deleted key: servers look for such once in a while. */
  async erased(key: string, owner: Controller): Promise<void> {
    const reading = signedRequest({url: key, action: 'read', signer: owner});
    while ((await send(this.both[0], reading)).status !== 404) await sleep(200);
  }

  async stop(): Promise<void> {
    this.delay(0);
    await this.both[1].stop();
    await this.both[0].stop();
    await this.#store.close();
  }
}
