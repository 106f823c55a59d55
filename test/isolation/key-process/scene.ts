import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {duplexPair, type Duplex} from 'node:stream';
import {loadSettings} from '../../../lib/config/load-settings.ts';
import {storeHandlers} from '../../../lib/isolation/http-side/store-handlers.ts';
import {serveHttpProcess} from '../../../lib/isolation/key-process/key-process.ts';
import {BACKUP_METHODS, type BackupCalls} from '../../../lib/isolation/protocol/backup-methods.ts';
import type {Connection, Handler} from '../../../lib/rpc/connection.ts';
import {
  HTTP_PROCESS_METHODS,
  KEY_PROCESS_METHODS,
  REQUEST_KEYSTORE_METHODS,
  type HttpProcess,
  type KeyCallData,
  type KeyProcess,
  type OpenRequest,
} from '../../../lib/isolation/protocol/key-process-methods.ts';
import {ProcessConnection} from '../../../lib/isolation/protocol/process-connection.ts';
import {storedKey, storedKeystore} from '../../../lib/isolation/protocol/record-shapes.ts';
import {handlersOf, remote} from '../../../lib/rpc/remote-interface.ts';
import {encodeRow} from '../../../lib/isolation/protocol/rows.ts';
import {anything} from '../../../lib/rpc/shape.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import type {KeyRecord} from '../../../lib/storage/key-record.ts';
import type {KeystoreConfig, KeystoreConfigStore} from '../../../lib/storage/keystore-config-store.ts';
import type {Authenticated} from '../../../lib/storage/record-authentication.ts';
import type {Stores} from '../../../lib/storage/stores.ts';

const BASE = 'https://localhost:9443/kms/keystores';
const CONTROLLER = 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH';

/** A key process at the other end of a stream, and an HTTP process that says what a test wants. */
export class KeyProcessScene {
  readonly stores: Stores;
  readonly keys: KeyProcess;
  readonly keystores: KeystoreConfigStore;
  readonly backups: BackupCalls;
  /** What there is to be read where the key process asks for an anchor. */
  anchor: readonly string[] = [];
  /** What operators' commands have written. */
  readonly written: string[] = [];
  /** What the key process is told of the store, in place of what a method of that name returned. */
  lie: (name: string, result: unknown) => unknown = (_, result) => result;
  /** What the key process asked for. */
  readonly asked: string[] = [];
  /** What the key process said of itself. */
  readonly sealed: boolean[] = [];
  readonly ended: Promise<unknown>;
  readonly #dataDir: string;
  readonly #connection: Connection;

  private constructor(stores: Stores, dataDir: string, primary?: Duplex) {
    this.stores = stores;
    this.#dataDir = dataDir;
    const [httpEnd, keyEnd] = duplexPair();
    const note = (what: string) => async (): Promise<void> => {
      this.asked.push(what);
    };
    const http: HttpProcess = {
      acceptOnce: note('acceptOnce'),
      goOn: note('goOn'),
      adminReport: note('adminReport'),
      adminWrite: async (_call, line) => void this.written.push(line),
      anchorLines: async () => {
        this.asked.push('anchorLines');
        return {lines: this.anchor, end: true};
      },
      sealedChanged: async (sealed) => {
        this.sealed.push(sealed);
      },
      selfCheckReport: async () => ({mode: 'warn', result: 'none'}),
      selfCheck: async () => ({mode: 'warn', result: 'none'}),
      log: async () => undefined,
      counted: async () => undefined,
    };
    const methods = new Map([
      ...[...storeHandlers(stores)].map(([name, {run, ...shapes}]): [string, Handler] => [
        name,
        {...shapes, run: async (given: never) => this.lie(name, await run(given))},
      ]),
      ...handlersOf<HttpProcess>('http', HTTP_PROCESS_METHODS, http),
    ]);
    const connection = (this.#connection = new ProcessConnection(httpEnd, {
      methods,
      onEnd: () => undefined,
      peer: 'key process',
    }));
    this.ended = serveHttpProcess(keyEnd, primary && {primary}).catch((error: unknown) => error);
    this.keys = remote<KeyProcess>('keys', KEY_PROCESS_METHODS, connection);
    this.backups = remote<BackupCalls>('backups', BACKUP_METHODS, connection);
    this.keystores = remote<KeystoreConfigStore>('keystores', REQUEST_KEYSTORE_METHODS, connection);
  }

  /** Of an HTTP process that does not look at what it sends. */
  sendRaw(name: string, parameters: unknown): Promise<unknown> {
    return this.#connection.call(name, {parameters: anything, result: anything}, parameters);
  }

  /** @param primary its end of the key process's other stream. @param dataDir another scene's. Default: one of its own */
  static async create({
    primary,
    dataDir,
  }: {readonly primary?: Duplex; readonly dataDir?: string} = {}): Promise<KeyProcessScene> {
    const directory = dataDir ?? (await mkdtemp(join(tmpdir(), 'webkms-key-process-')));
    const stores = await SqliteStores.open({path: join(directory, 'webkms.db')});
    return new KeyProcessScene(stores, directory, primary);
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  /** What it is asked to open. */
  request(): OpenRequest {
    const environment = {WEBKMS_DATA_DIR: this.#dataDir, WEBKMS_LOG_LEVEL: 'silent'};
    const settings = loadSettings({environment});
    return {
      settings: {...settings, storage: {kind: 'sqlite'}},
      holder: 'test',
      sealed: false,
      prompts: false,
    };
  }

  async open(): Promise<void> {
    await this.keys.open(this.request());
  }

  async close(): Promise<void> {
    await this.keys.close().catch(() => undefined);
    await this.stores.close();
    await rm(this.#dataDir, {recursive: true, force: true});
  }

  async makeKeystore(name: string): Promise<KeystoreConfig> {
    const config = {id: `${BASE}/${name}`, sequence: 0, controller: CONTROLLER, kmsModule: 'software'};
    await this.keystores.insert(config, {creator: CONTROLLER, maxPerCreator: 10});
    return config;
  }

  /** @returns its local id */
  async makeKey(keystore: KeystoreConfig, target: object = {}): Promise<string> {
    const {location = ''} = await this.keys.runOnKeystore({
      keystore: await this.keystoreRow(keystore.id),
      operation: {
        type: 'GenerateKeyOperation',
        invocationTarget: {type: 'Ed25519VerificationKey2020', ...target},
      },
      facts: {action: 'generateKey', chainLength: 1},
      call: 1,
    });
    return location.slice(location.lastIndexOf('/') + 1);
  }

  async storedKeystore(id: string): Promise<Authenticated<KeystoreConfig>> {
    const stored = await this.stores.keystores.find(id);
    if (!stored) throw new Error('There is no such keystore.');
    return stored;
  }

  async storedKey(keystoreId: string, localKeyId: string): Promise<Authenticated<KeyRecord>> {
    const stored = await this.stores.keys.find({keystoreId, localKeyId});
    if (!stored) throw new Error('There is no such key.');
    return stored;
  }

  async keystoreRow(id: string): Promise<Uint8Array> {
    return encodeRow(storedKeystore, await this.storedKeystore(id));
  }

  async keyRow(keystoreId: string, localKeyId: string): Promise<Uint8Array> {
    return encodeRow(storedKey, await this.storedKey(keystoreId, localKeyId));
  }

  /** As an honest HTTP process asks for a signature. */
  async signing({id}: KeystoreConfig, localKeyId: string): Promise<KeyCallData> {
    return {
      keystore: await this.keystoreRow(id),
      localKeyId,
      key: await this.keyRow(id, localKeyId),
      operation: {type: 'SignOperation', invocationTarget: `${id}/keys/${localKeyId}`, verifyData: 'AAAA'},
      facts: {action: 'sign', chainLength: 1},
      call: 7,
    };
  }
}
