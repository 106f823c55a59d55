import type {AdminProgress} from '../../admin/admin-operation.ts';
import type {IpcClient} from '../../admin/ipc-client.ts';
import type {KeystoreReply} from '../../operations/make-key.ts';
import type {AuthorizedFacts} from '../../operations/authorized-facts.ts';
import type {DescribeOptions, ListOptions} from '../../operations/key-service.ts';
import type {FileFinding} from '../../self-check/check-files.ts';
import type {SelfCheckReport} from '../../self-check/self-check-report.ts';
import type {KeystoreConfigStore, Page} from '../../storage/keystore-config-store.ts';
import type {MethodsOf} from '../../rpc/methods-of.ts';
import {ipcClient, keystoreConfig} from './record-shapes.ts';
import {
  anyObject,
  anything,
  boolean,
  bytes,
  count,
  done,
  fields,
  list,
  listUpTo,
  maybe,
  object,
  oneOf,
  optional,
  text,
  tuple,
} from '../../rpc/shape.ts';

export interface OpenRequest {
  /** The settings, without what only the HTTP process needs. */
  readonly settings: object;
  /** Who this server is among those on one store. */
  readonly holder: string;
  /** Nothing is opened: an operator has sealed the server, or there is nobody to ask for a passphrase. */
  readonly sealed: boolean;
  /** Whether a person may be asked at the terminal. */
  readonly prompts: boolean;
  /** Of a server of several processes: the number of the worker that it works for. */
  readonly worker?: number;
  /** Of a server of several processes: fingerprints of the roots of trust that any of them has used. */
  readonly usedRoots?: readonly string[];
}

export interface OpenedKeys {
  readonly sealed: boolean;
  /** Whether a root of trust was made just now. */
  readonly created: boolean;
  readonly rootUris: readonly string[];
  /** The names that keystores may use. */
  readonly keyModules: readonly string[];
}

/** Rows are records as the database has them, encoded; the key process verifies them. */
export interface KeystoreCallData {
  readonly keystore: Uint8Array;
  readonly operation: object;
  readonly facts: AuthorizedFacts;
  /** Names the request, to ask of it what only the HTTP process knows. */
  readonly call: number;
}

export interface KeyData {
  readonly keystore: Uint8Array;
  readonly localKeyId: string;
  readonly key: Uint8Array;
  readonly facts: AuthorizedFacts;
}

export interface KeyCallData extends KeyData {
  readonly operation: object;
  readonly call: number;
}

export interface ListData {
  readonly keystore: Uint8Array;
  readonly facts: AuthorizedFacts;
}

/** What the HTTP process asks of the key process. */
export interface KeyProcess {
  open(request: OpenRequest): Promise<OpenedKeys>;
  /** @throws where the server has not written that keystore, as it is */
  verifyKeystore(keystore: Uint8Array): Promise<void>;
  runOnKeystore(call: KeystoreCallData): Promise<KeystoreReply>;
  runOnKey(call: KeyCallData): Promise<object>;
  read(key: KeyData, options: DescribeOptions): Promise<object>;
  list(keys: ListData, options: ListOptions): Promise<Page<object>>;
  /** @returns what is not there though requests can be answered. @throws where roots or key modules cannot be used now */
  check(): Promise<readonly string[]>;
  /** Runs an operator's command. @throws AdminError */
  admin(name: string, parameters: unknown, call: number): Promise<unknown>;
  /** Nobody waits for the operator's command any more. */
  stopAdmin(call: number, reason: string): Promise<void>;
  /** @throws as `readIpcClients` */
  ipcClients(): Promise<readonly IpcClient[]>;
  /** Finishes what is being done, and forgets everything. */
  close(): Promise<void>;
}

/** What the key process asks of the HTTP process, besides the stores. */
export interface HttpProcess {
  acceptOnce(call: number): Promise<void>;
  goOn(call: number): Promise<void>;
  /** How far an operator's command is. */
  adminReport(call: number, progress: AdminProgress): Promise<void>;
  /** A line for the operator. */
  adminWrite(call: number, line: string): Promise<void>;
  /** Of the anchor that the operator's command names, the next lines. @param again from its beginning. @throws AnchorError */
  anchorLines(call: number, again: boolean): Promise<AnchorBatch>;
  sealedChanged(sealed: boolean): Promise<void>;
  log(line: string): Promise<void>;
  /** Whether the program is what was built, as the HTTP process sees it: as far as it did look, or after it has looked now. */
  selfCheckReport(): Promise<SelfCheckReport>;
  selfCheck(): Promise<SelfCheckReport>;
  /** What was counted since the last time. */
  counted(counts: readonly Counted[]): Promise<void>;
}

export interface AnchorBatch {
  readonly lines: readonly string[];
  /** Whether they are the last. */
  readonly end: boolean;
}

/** In a batch. */
export const MAX_ANCHOR_LINES = 512;

export interface Counted {
  readonly cacheHits?: number;
  readonly cacheMisses?: number;
  readonly event?: string;
}

const facts = object<AuthorizedFacts>({action: text, chainLength: count});
const key = {keystore: bytes, localKeyId: text, key: bytes, facts};

export const KEY_PROCESS_METHODS: MethodsOf<KeyProcess> = {
  open: {
    parameters: tuple(
      object<OpenRequest>({
        settings: anyObject,
        holder: text,
        sealed: boolean,
        prompts: boolean,
        worker: optional(count),
        usedRoots: optional(list(text)),
      }),
    ),
    result: object<OpenedKeys>({
      sealed: boolean,
      created: boolean,
      rootUris: list(text),
      keyModules: list(text),
    }),
  },
  verifyKeystore: {parameters: tuple(bytes), result: done},
  runOnKeystore: {
    parameters: tuple(object<KeystoreCallData>({keystore: bytes, operation: anyObject, facts, call: count})),
    result: object<KeystoreReply>({location: optional(text), body: anyObject}),
    writes: true,
  },
  runOnKey: {
    parameters: tuple(object<KeyCallData>({...key, operation: anyObject, call: count})),
    result: anyObject,
    writes: true,
  },
  read: {
    parameters: tuple(
      object<KeyData>(key),
      object<DescribeOptions>({version: optional(count), metadata: optional(boolean)}),
    ),
    result: anyObject,
  },
  list: {
    parameters: tuple(
      object<ListData>({keystore: bytes, facts}),
      object<ListOptions>({
        limit: count,
        cursor: optional(text),
        name: optional(text),
        metadata: optional(boolean),
      }),
    ),
    result: fields({results: list(anyObject), cursor: optional(text)}),
  },
  check: {parameters: tuple(), result: list(oneOf('root-of-trust'))},
  admin: {parameters: tuple(text, anything, count), result: anything, writes: true},
  stopAdmin: {parameters: tuple(count, text), result: done},
  ipcClients: {parameters: tuple(), result: list(ipcClient)},
  close: {parameters: tuple(), result: done},
};

/** Keystores' configs, as requests see them: the key process verifies and authenticates them. */
export const REQUEST_KEYSTORE_METHODS: MethodsOf<KeystoreConfigStore> = {
  insert: {
    parameters: tuple(keystoreConfig, fields({creator: text, maxPerCreator: count})),
    result: done,
    writes: true,
  },
  find: {parameters: tuple(text), result: maybe(keystoreConfig)},
  update: {
    parameters: tuple(keystoreConfig, fields({replaced: keystoreConfig, updater: text})),
    result: done,
    writes: true,
  },
  list: {
    parameters: tuple(fields({controller: text, limit: count, cursor: optional(text)})),
    result: fields({results: list(keystoreConfig), cursor: optional(text)}),
  },
  delete: {parameters: tuple(text, fields({sequence: count})), result: done, writes: true},
};

const selfCheckReport = object<SelfCheckReport>({
  mode: oneOf('warn', 'enforce', 'off'),
  result: oneOf('passed', 'changed', 'none', 'unusable', 'unchecked'),
  digest: optional(text),
  files: optional(count),
  findings: optional(
    list(object<FileFinding>({problem: oneOf('changed', 'missing', 'added', 'unreadable'), path: text})),
  ),
  checkedAt: optional(count),
  problem: optional(text),
});

export const HTTP_PROCESS_METHODS: MethodsOf<HttpProcess> = {
  acceptOnce: {parameters: tuple(count), result: done, writes: true},
  goOn: {parameters: tuple(count), result: done},
  adminReport: {
    parameters: tuple(count, object<AdminProgress>({step: text, done: count, total: optional(count)})),
    result: done,
  },
  adminWrite: {parameters: tuple(count, text), result: done},
  anchorLines: {
    parameters: tuple(count, boolean),
    result: object<AnchorBatch>({lines: listUpTo(MAX_ANCHOR_LINES, text), end: boolean}),
  },
  sealedChanged: {parameters: tuple(boolean), result: done},
  log: {parameters: tuple(text), result: done},
  selfCheckReport: {parameters: tuple(), result: selfCheckReport},
  selfCheck: {parameters: tuple(), result: selfCheckReport},
  counted: {
    parameters: tuple(
      list(
        object<Counted>({cacheHits: optional(count), cacheMisses: optional(count), event: optional(text)}),
      ),
    ),
    result: done,
  },
};
