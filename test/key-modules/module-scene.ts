import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {OfficialClients} from '../official-clients/official-clients.ts';
import {controller} from '../support/did-key.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {send, signedRequest} from '../support/signed-request.ts';
import {type KeptKeyModule, keptKeyModules} from './kept-key-module.ts';

const MODULE = fileURLToPath(new URL('kept-key-module.ts', import.meta.url));

type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Json;
}

/** A server that offers the software module and one of somebody else, `hsm`, and an owner of keystores. */
export class ModuleScene {
  readonly server: TestServer;
  readonly module: KeptKeyModule;
  readonly owner = controller('owner of modules');
  readonly clients: OfficialClients;
  /** Lines of the log. */
  readonly log: string[];
  #sent = 0;

  private constructor(server: TestServer, log: string[]) {
    this.server = server;
    this.log = log;
    const module = keptKeyModules.get('hsm');
    if (!module) throw new Error('The key module was not loaded.');
    this.module = module;
    this.clients = new OfficialClients({url: server.baseUrl, httpsAgent: server.agent});
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<ModuleScene> {
    const log: string[] = [];
    const server = await runServer({
      environment: {
        WEBKMS_KEY_MODULES: `software,hsm=${MODULE}`,
        WEBKMS_KEY_MIN_RECOVERY_WINDOW: '1s',
        ...environment,
      },
      logStream: {write: (line) => void log.push(line)},
      keysEveryMs: 20,
    });
    return new ModuleScene(server, log);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    keptKeyModules.delete('hsm');
  }

  /** Another server over the same store, which offers these modules; whoever starts it stops it. */
  startNode(keyModules: string): Promise<TestServer> {
    const {baseUrl, dataDir} = this.server;
    return runServer({
      environment: {
        WEBKMS_BASE_URL: baseUrl,
        WEBKMS_STORAGE: `sqlite:${dataDir}/webkms.db`,
        WEBKMS_ROOT_WRAPPER: `file:${dataDir}/root.key`,
        WEBKMS_KEY_MODULES: keyModules.replace('<hsm>', MODULE),
      },
    });
  }

  /** @returns the URL of a new keystore. */
  async createKeystore(config: Json = {kmsModule: 'hsm'}): Promise<string> {
    return (await this.clients.createKeystore(this.owner, config)).id;
  }

  async post(url: string, json: Json, action: string, node: TestServer = this.server): Promise<Answer> {
    // Two changes that say the same within a second would be one that is replayed.
    const overrides = ({created}: {readonly created: string}) => ({
      expires: String(Number(created) + 100 + (this.#sent++ % 700)),
    });
    const request = signedRequest({url, json, action, signer: this.owner, overrides});
    const {status, headers, text} = await send(node, request);
    return {status, headers: headers, json: JSON.parse(text) as Json};
  }

  async get(url: string): Promise<Answer> {
    const request = signedRequest({url, action: 'read', signer: this.owner});
    const {status, headers, text} = await send(this.server, request);
    return {status, headers: headers, json: JSON.parse(text) as Json};
  }

  /** Posts an operation to a key. */
  operate(key: string, type: string, members: Json = {}, node?: TestServer): Promise<Answer> {
    const action = type.charAt(0).toLowerCase() + type.slice(1, -'Operation'.length);
    return this.post(key, {type, invocationTarget: key, ...members}, action, node);
  }

  /** The same, which succeeds. @returns the reply */
  async run(key: string, type: string, members: Json = {}): Promise<Json> {
    const {status, json} = await this.operate(key, type, members);
    expect(status, JSON.stringify(json)).to.equal(200);
    return json;
  }

  generate(keystore: string, invocationTarget: Json): Promise<Answer> {
    return this.post(`${keystore}/keys`, {type: 'GenerateKeyOperation', invocationTarget}, 'generateKey');
  }

  /** @returns the URL of a new key. */
  async generateKey(keystore: string, type: string, members: Json = {}): Promise<string> {
    const {status, json} = await this.generate(keystore, {type, ...members});
    expect(status, JSON.stringify(json)).to.equal(200);
    return String(json['keyId']);
  }

  async metadata(key: string): Promise<Json> {
    return (await this.get(`${key}?include=metadata`)).json['metadata'] as Json;
  }
}
