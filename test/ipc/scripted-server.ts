import {randomBytes, randomUUID} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {IpcClient} from '../../lib/admin/ipc-client.ts';
import type {IpcPartner} from '../../lib/client/local/ipc-connection.ts';
import {encodeBase64url} from '../../lib/encoding/base64url.ts';
import type {IpcKeys} from '../../lib/ipc/ipc-calls.ts';
import {ipcIdentity} from '../../lib/ipc/ipc-identity.ts';
import {IpcServer, type IpcServerOptions} from '../../lib/ipc/ipc-server.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {NO_METRICS} from '../../lib/observability/metrics.ts';

export const KEYSTORE = 'https://kms.example/kms/keystores/z1';
export const KEY = `${KEYSTORE}/keys/z1A`;
export const SIGN = {type: 'SignOperation', invocationTarget: KEY, verifyData: 'AAAA'} as const;
export const ROTATE = {type: 'RotateKeyOperation', invocationTarget: KEY} as const;

/** What the key service of a `ScriptedServer` answers. */
export interface Script {
  runOnKey?: (operation: {readonly type: string}) => Promise<object>;
  read?: () => Promise<object>;
}

/** The IPC server over keys that do what a test says, with one client, `app`, whom it lets do everything. */
export class ScriptedServer implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly script: Script;
  readonly partner: IpcPartner;
  readonly #folder: string;
  /** How many connections there are. */
  connections = 0;
  #client: IpcClient;
  readonly #options: Partial<IpcServerOptions>;
  #server: IpcServer | undefined;

  private constructor(folder: string, script: Script, options: Partial<IpcServerOptions>) {
    const identity = ipcIdentity(randomBytes(32));
    const socket = join(folder, 'own', 'webkms.sock');
    this.#folder = folder;
    this.#options = options;
    this.script = script;
    this.partner = {name: 'app', socket, keystoreId: KEYSTORE, identity, manifest: undefined};
    const {did, serverKey} = identity;
    this.#client = {name: 'app', did, serverKey: encodeBase64url(serverKey), keystoreId: KEYSTORE};
  }

  static async start(script: Script = {}, options: Partial<IpcServerOptions> = {}): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(await mkdtemp(join(tmpdir(), 'webkms-ipc-')), script, options);
    await scripted.begin();
    return scripted;
  }

  get server(): IpcServer {
    if (!this.#server) throw new Error('It does not run.');
    return this.#server;
  }

  /** Begins in the place of one that has ended, or goes on beside it. */
  async begin(): Promise<void> {
    const {script} = this;
    const keys = {
      state: {read: async () => ({keystore: {id: KEYSTORE}, isAnyRevoked: false})},
      keyService: {
        runOnKey: async (_descriptor: unknown, operation: {readonly type: string}) =>
          script.runOnKey?.(operation) ?? {},
        read: async () => script.read?.() ?? {},
      },
      assertUsable: () => undefined,
      limitInvoker: async () => undefined,
      now: () => Date.now(),
    } as unknown as IpcKeys;
    this.#server = await IpcServer.start({
      place: {path: this.partner.socket},
      keys,
      readClients: async () => [this.#client],
      log: createLogger({level: 'info', stream: {write: (line) => void this.lines.push(line)}}),
      metrics: {...NO_METRICS, ipcConnections: (open) => void (this.connections = open)},
      judge: {assertDelegation: async () => undefined},
      maxDelegationTtlMs: 1000,
      ...this.#options,
    });
  }

  /** Ends every connection at once, as where the client was changed. */
  async breakConnections(): Promise<void> {
    const revokedBuilds = [...(this.#client.revokedBuilds ?? []), `urn:uuid:${randomUUID()}`];
    this.#client = {...this.#client, revokedBuilds};
    await this.server.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close();
    await rm(this.#folder, {recursive: true, force: true});
  }
}
