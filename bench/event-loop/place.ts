import {mkdtempSync, rmSync} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {setTimeout as sleep} from 'node:timers/promises';
import {freePort} from '../../test/crash/free-port.ts';
import {OWNER} from '../../test/demonstrations/population.ts';
import {
  RawClient,
  signedRequest,
  type SignedRequestOptions,
  type WireRequest,
} from '../../test/support/signed-request.ts';
import {serve, type BenchServer} from '../support/serve.ts';
import type {LoopDelays} from './sample-loop.ts';

export type Json = Readonly<Record<string, unknown>>;

const SAMPLER = new URL('./sample-loop.ts', import.meta.url).href;
const CONNECTIONS = 4;
const WARM_UP_MS = 2000;
const {SERVER_OPTIONS = ''} = process.env;
/** Operations that have no name of their own for what they need, or that are another's. */
const ACTIONS: ReadonlyMap<string, string> = new Map([['GetImportParametersOperation', 'importKey']]);

function actionOf(type: string): string {
  return ACTIONS.get(type) ?? type.charAt(0).toLowerCase() + type.slice(1, -'Operation'.length);
}

/** A server with a keystore, whose event loop is looked at, and clients of it. */
export class Place {
  readonly dataDir: string = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  readonly environment: Readonly<Record<string, string>>;
  readonly baseUrl: string;
  readonly #port: number;
  #server: BenchServer | undefined;
  #clients: RawClient[] = [];
  #keystore = '';
  #sent = 0;

  private constructor(port: number, environment: Readonly<Record<string, string>>) {
    this.#port = port;
    this.baseUrl = `https://localhost:${port}`;
    this.environment = {
      ...{WEBKMS_DATA_DIR: this.dataDir, WEBKMS_BASE_URL: this.baseUrl},
      // What is measured is not what a client may ask for, but what it costs others.
      ...{WEBKMS_RATE_LIMIT_INVOKER: 'off', WEBKMS_REWRAP_RATE: 'unlimited'},
      ...environment,
    };
  }

  static async prepare(environment: Readonly<Record<string, string>> = {}): Promise<Place> {
    return new Place(await freePort(), environment);
  }

  async start(): Promise<void> {
    const socket = this.#socket;
    rmSync(socket, {force: true});
    this.#server = await serve(
      {dataDir: this.dataDir, port: this.#port},
      {
        ...this.environment,
        NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${SAMPLER} ${SERVER_OPTIONS}`,
        LOOP_SOCKET: socket,
      },
    );
    this.#clients = Array.from({length: CONNECTIONS}, () => new RawClient(this.#listening));
    // What a server loads and compiles after it listens is loaded once.
    await sleep(WARM_UP_MS);
    this.#keystore = await this.createKeystore();
  }

  get keystore(): string {
    return this.#keystore;
  }

  client(): RawClient {
    return new RawClient(this.#listening);
  }

  async createKeystore(): Promise<string> {
    const url = `${this.baseUrl}/kms/keystores`;
    const json = {sequence: 0, controller: OWNER.did, meterId: `m${this.#sent++}`};
    const {headers} = await this.#accepted({url, json, action: 'write'});
    return headers['location'] ?? '';
  }

  async generate(type: string, target: Json = {}, keystore = this.keystore): Promise<string> {
    const members = {invocationTarget: {type, ...target}};
    const {keyId} = await this.post('GenerateKeyOperation', `${keystore}/keys`, members);
    return String(keyId);
  }

  /** Posts an operation. @returns its reply. @throws where it is refused */
  async post(type: string, url: string, members: Json = {}): Promise<Json> {
    const json = {type, invocationTarget: url, ...members};
    const action = actionOf(type === 'BatchOperation' ? String(members['operation']) : type);
    return (await this.#accepted({url, json, action})).json as Json;
  }

  async get(url: string): Promise<Json> {
    return (await this.#accepted({url, action: 'read', method: 'GET'})).json as Json;
  }

  /** Does `work` so often, on all connections. */
  async times(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
    let next = 0;
    const go = async (): Promise<void> => {
      while (next < count) await work(next++);
    };
    await Promise.all(Array.from({length: CONNECTIONS}, go));
  }

  request(options: Omit<SignedRequestOptions, 'signer'> & Partial<SignedRequestOptions>): WireRequest {
    const sent = this.#sent++;
    // Two requests that say the same within a second would be one.
    const overrides = ({created}: {readonly created: string}) => ({
      expires: String(Number(created) + 100 + (sent % 400)),
    });
    return signedRequest({signer: OWNER, overrides, ...options});
  }

  /** The delays since it was asked before. */
  async delays(): Promise<LoopDelays> {
    // The turns that what is done now has held up are over.
    await sleep(20);
    return JSON.parse(await text(connect(this.#socket))) as LoopDelays;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#server?.stop();
    rmSync(this.dataDir, {recursive: true, force: true});
  }

  get #socket(): string {
    return join(this.dataDir, 'loop.sock');
  }

  get #listening(): BenchServer {
    if (!this.#server) throw new Error('The server does not run.');
    return this.#server;
  }

  async #accepted(options: Parameters<Place['request']>[0]) {
    const client = this.#clients[this.#sent % CONNECTIONS] ?? this.client();
    const response = await client.send(this.request(options));
    if (response.status >= 300) throw new Error(`Refused with ${response.status}: ${response.text}`);
    return response;
  }
}
