import {expect} from 'chai';
import {controller, type Controller} from '../../support/did-key.ts';
import {RawClient, send, type WireResponse} from '../../support/raw-client.ts';
import {runServer, type RunServerOptions, type TestServer} from '../../support/run-server.ts';
import {signedRequest} from '../../support/signed-request.ts';
import type {WireRequest} from '../../support/wire.ts';
import {DatabaseProbe} from './database-probe.ts';
import {LogCapture} from './log-capture.ts';
import {Secrets} from './no-leak.ts';
import {OutboundWatch} from './outbound-watch.ts';
import {KEY_TYPES, Requests, type KeyName, type Property} from './requests.ts';
import {refusalOf, type Refusal} from './refusal.ts';

/** A running server with two owners' property on it, and everything to see what a request did there. */
export class HostileScene extends Requests {
  readonly server: TestServer;
  readonly database: DatabaseProbe;
  readonly log: LogCapture;
  readonly outbound: OutboundWatch;
  readonly #client: RawClient;
  readonly #nodes: TestServer[] = [];
  readonly #secrets: Secrets;

  private constructor(server: TestServer, log: LogCapture, outbound: OutboundWatch) {
    super(server.baseUrl);
    this.server = server;
    this.log = log;
    this.outbound = outbound;
    this.database = new DatabaseProbe(server);
    this.#client = new RawClient(server);
    this.#secrets = new Secrets(server, this.database);
  }

  /** `tls: 'off'`: for bulk. */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    {tls = 'self-signed'}: Pick<RunServerOptions, 'tls'> = {},
  ): Promise<HostileScene> {
    const log = new LogCapture();
    const server = await runServer({environment, tls, logStream: log});
    const outbound = new OutboundWatch();
    outbound.known.add(server.port);
    outbound.start();
    return new HostileScene(server, log, outbound);
  }

  /** Another server on the same store, under the same public origin; stopped with the scene. */
  async startNode(): Promise<TestServer> {
    const {dataDir, baseUrl} = this.server;
    const node = await runServer({
      environment: {
        WEBKMS_BASE_URL: baseUrl,
        WEBKMS_STORAGE: `sqlite:${dataDir}/webkms.db`,
        WEBKMS_ROOT_WRAPPER: `file:${dataDir}/root.key`,
      },
    });
    this.#nodes.push(node);
    this.outbound.known.add(node.port);
    return node;
  }

  async stop(): Promise<void> {
    this.outbound.stop();
    for (const node of this.#nodes) await node.stop();
    this.#client.close();
    this.database.close();
    await this.server.stop();
  }

  /** Makes the property. */
  async furnish(): Promise<this> {
    this.own(await this.acquire(controller('owner')), await this.acquire(controller('other owner')));
    return this;
  }

  /** Makes a keystore and a key of each kind in it. */
  async acquire(owner: Controller): Promise<Property> {
    const {id: keystore} = await this.createKeystore(owner);
    const keys: Partial<Record<KeyName, string>> = {};
    for (const [name, type] of Object.entries(KEY_TYPES) as [KeyName, string][]) {
      keys[name] = await this.generateKey({owner, keystore}, {type});
    }
    return {owner, keystore, keys: keys as Property['keys']};
  }

  async createKeystore(
    signer: Controller,
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<{readonly id: string; readonly sequence: number; readonly controller: unknown}> {
    const json = {sequence: 0, controller: signer.did, ...config};
    const response = await this.accepted(
      signedRequest({url: this.keystores, json, action: 'write', signer}),
      201,
    );
    return response.json as {id: string; sequence: number; controller: unknown};
  }

  /** @returns the key's URL. */
  async generateKey(
    {owner, keystore}: Pick<Property, 'owner' | 'keystore'>,
    invocationTarget: Readonly<Record<string, unknown>>,
  ): Promise<string> {
    const request = this.generating(invocationTarget, {url: `${keystore}/keys`, signer: owner});
    return ((await this.accepted(request)).json as {keyId: string}).keyId;
  }

  async send(request: WireRequest | Buffer | string): Promise<WireResponse> {
    return this.#client.send(request);
  }

  /** Over a connection of its own, so that several can be under way. */
  async sendAlone(request: WireRequest | Buffer | string): Promise<WireResponse> {
    return send(this.server, request);
  }

  /** The request succeeds. */
  async accepted(request: WireRequest | Buffer | string, status = 200): Promise<WireResponse> {
    const response = await this.send(request);
    expect(response.status, response.text).to.equal(status);
    return response;
  }

  /**
   * The request is refused for exactly this reason; nothing is stored, fetched or leaked. `remembered`: it got as far as
   * the replay memory (R11). `fetched`: what had to be, to know.
   */
  async refused(
    request: WireRequest | Buffer | string,
    {because, ...refusal}: Refusal,
    {
      remembered = false,
      fetched = [],
    }: {readonly remembered?: boolean; readonly fetched?: readonly string[]} = {},
  ): Promise<WireResponse> {
    const before = this.database.snapshot();
    this.outbound.attempts.length = 0;
    this.log.clear();
    const response = await this.send(request);
    const line = this.log.lineOf(response);
    expect(refusalOf(response, line)).to.deep.equal(refusal);
    if (because !== undefined) expect(JSON.stringify(line.cause ?? null)).to.include(because);
    this.#secrets.expectNoneIn(response);
    this.#secrets.expectNoneInLog(this.log.text, request);
    expect(this.outbound.attempts, 'fetched').to.deep.equal(fetched);
    const {replay, ...after} = this.database.snapshot();
    expect(after, 'stored').to.deep.equal(omit(before, 'replay'));
    expect(replay?.rows, 'remembered').to.equal((before['replay']?.rows ?? 0) + Number(remembered));
    return response;
  }
}

function omit<T>(object: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}
