import {expect} from 'chai';
import {delegateChain, type Capability} from '../../support/delegate.ts';
import {controller, type Controller} from '../../support/did-key.ts';
import {RawClient, type WireResponse} from '../../support/raw-client.ts';
import {runServer, type TestServer} from '../../support/run-server.ts';
import {rootCapabilityId, signedRequest, type SignedRequestOptions} from '../../support/signed-request.ts';
import {type WireRequest} from '../../support/wire.ts';
import {DatabaseProbe} from './database-probe.ts';
import {LogCapture} from './log-capture.ts';
import {Secrets} from './no-leak.ts';
import {OutboundWatch} from './outbound-watch.ts';
import {refusalOf, type Refusal} from './refusal.ts';

/** Somebody's keystore, and keys in it. */
export interface Property {
  readonly owner: Controller;
  /** URL. */
  readonly keystore: string;
  /** URLs. */
  readonly keys: Readonly<Record<KeyName, string>>;
}

const KEY_TYPES = {
  ed25519: 'Ed25519VerificationKey2020',
  second: 'Ed25519VerificationKey2020',
  hmac: 'Sha256HmacKey2019',
  kek: 'AesKeyWrappingKey2019',
  x25519: 'X25519KeyAgreementKey2020',
} as const;
export type KeyName = keyof typeof KEY_TYPES;

type Changes = Partial<SignedRequestOptions>;
type ChainOptions = Partial<Parameters<typeof delegateChain>[0]> & {readonly property?: Property};

/** A running server with two owners' property on it, and everything to see what a request did there. */
export class HostileScene {
  readonly server: TestServer;
  readonly database: DatabaseProbe;
  readonly log: LogCapture;
  readonly outbound: OutboundWatch;
  readonly alice = controller('alice');
  readonly bob = controller('bob');
  readonly carol = controller('carol');
  /** Controls nothing, and nothing was delegated to them. */
  readonly stranger = controller('stranger');
  /** Where no keystore is. */
  readonly nowhere: string;
  readonly #client: RawClient;
  readonly #secrets: Secrets;
  #property: Property | undefined;
  #foreign: Property | undefined;

  private constructor(server: TestServer, log: LogCapture, outbound: OutboundWatch) {
    this.server = server;
    this.log = log;
    this.outbound = outbound;
    this.database = new DatabaseProbe(server);
    this.nowhere = `${server.baseUrl}/kms/keystores/z1AAAAAAAAAAAAAAAAAAAAAAA`;
    this.#client = new RawClient(server);
    this.#secrets = new Secrets(server, this.database);
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<HostileScene> {
    const log = new LogCapture();
    const server = await runServer({environment, logStream: log});
    const outbound = new OutboundWatch();
    outbound.known.add(server.port);
    outbound.start();
    return new HostileScene(server, log, outbound);
  }

  async stop(): Promise<void> {
    this.outbound.stop();
    this.#client.close();
    this.database.close();
    await this.server.stop();
  }

  /** Makes the property. */
  async furnish(): Promise<this> {
    this.#property = await this.acquire(controller('owner'));
    this.#foreign = await this.acquire(controller('other owner'));
    return this;
  }

  /** What most requests are about. */
  get property(): Property {
    return furnished(this.#property);
  }

  /** Somebody else's. */
  get foreign(): Property {
    return furnished(this.#foreign);
  }

  get owner(): Controller {
    return this.property.owner;
  }

  get keystore(): string {
    return this.property.keystore;
  }

  get keystores(): string {
    return `${this.server.baseUrl}/kms/keystores`;
  }

  get keys(): Property['keys'] {
    return this.property.keys;
  }

  /** A request to sign with the owner's key, by its owner. */
  signing({url = this.keys.ed25519, ...changes}: Changes = {}): WireRequest {
    const json = {type: 'SignOperation', invocationTarget: url, verifyData: 'AAAA'};
    return signedRequest({url, json, action: 'sign', signer: this.owner, ...changes});
  }

  /** A request to read the keystore's config, by its owner. */
  reading({url = this.keystore, ...changes}: Changes = {}): WireRequest {
    return signedRequest({url, action: 'read', signer: this.owner, ...changes});
  }

  /** A request to create a keystore for whoever signs it. */
  creating({signer = this.owner, ...changes}: Changes = {}, did = controllerOf(signer)): WireRequest {
    const json = {sequence: 0, controller: did};
    return signedRequest({url: this.keystores, json, action: 'write', signer, ...changes});
  }

  /** A request to generate a key in the owner's keystore, by its owner. */
  generating(invocationTarget: unknown = {type: KEY_TYPES.ed25519}, changes: Changes = {}): WireRequest {
    const {url = `${this.keystore}/keys`, signer = this.owner} = changes;
    const json = {type: 'GenerateKeyOperation', invocationTarget};
    return signedRequest({json, action: 'generateKey', ...changes, signer, url});
  }

  /** A chain from the owner's keystore along `holders`, by default to sign with one key; the last link. */
  async chain(
    holders: readonly Controller[],
    {property = this.property, ...options}: ChainOptions = {},
  ): Promise<Capability> {
    const links = await delegateChain({
      root: rootCapabilityId(property.keystore),
      holders: [property.owner, ...holders],
      invocationTarget: property.keys.ed25519,
      allowedAction: ['sign'],
      ...options,
    });
    const last = links.at(-1);
    if (!last) throw new RangeError('A chain is delegated to somebody.');
    return last;
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

  /** The request succeeds. */
  async accepted(request: WireRequest | Buffer | string, status = 200): Promise<WireResponse> {
    const response = await this.send(request);
    expect(response.status, response.text).to.equal(status);
    return response;
  }

  /** The request is refused for exactly this reason; nothing is stored, fetched or leaked. */
  async refused(
    request: WireRequest | Buffer | string,
    {because, ...refusal}: Refusal,
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
    expect(this.outbound.attempts, 'fetched').to.deep.equal([]);
    expect(this.database.snapshot(), 'stored').to.deep.equal(before);
    return response;
  }
}

function furnished<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The scene has no property: call furnish first.');
  return value;
}

function controllerOf({keyId}: Pick<Controller, 'keyId'>): string {
  return keyId.split('#', 1)[0] ?? keyId;
}
