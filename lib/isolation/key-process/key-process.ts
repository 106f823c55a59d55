import type {Duplex} from 'node:stream';
import type {Logger} from 'pino';
import {startBackgroundWork} from '../../background-work.ts';
import type {Settings} from '../../config/settings.ts';
import {UnavailableError} from '../../errors.ts';
import {openKeyManagement, type KeyManagement} from '../../key-management.ts';
import {assertRootsOpenKeys} from '../../sealing/assert-roots-open-keys.ts';
import {RootOfTrustError} from '../../sealing/root-of-trust-error.ts';
import type {OtherProcess} from '../../sealing/root-of-trust-options.ts';
import {NO_SECRETS} from '../../sealing/secrets.ts';
import type {KeystoreConfigStore} from '../../storage/keystore-config-store.ts';
import {BACKUP_METHODS, type BackupCalls} from '../protocol/backup-methods.ts';
import type {Connection, Handler} from '../../rpc/connection.ts';
import {
  HTTP_PROCESS_METHODS,
  KEY_PROCESS_METHODS,
  REQUEST_KEYSTORE_METHODS,
  type HttpProcess,
  type KeyProcess,
  type OpenedKeys,
  type OpenRequest,
} from '../protocol/key-process-methods.ts';
import {KeyProcessStartError} from '../protocol/key-process-start-error.ts';
import {ProcessConnection} from '../protocol/process-connection.ts';
import {handlersOf, remote} from '../../rpc/remote-interface.ts';
import {adminCalls} from './admin-calls.ts';
import {backupCalls} from './backup-calls.ts';
import {CountedMetrics} from './counted-metrics.ts';
import {keyEndpoints} from './key-endpoints.ts';
import {PrimaryLink} from './primary-link.ts';
import {processLogger} from './process-logger.ts';
import {storeProxies} from './store-proxies.ts';

type KeyEndpoints = ReturnType<typeof keyEndpoints>;

interface Opened {
  readonly management: KeyManagement;
  readonly endpoints: KeyEndpoints;
}

/**
 * Serves the HTTP process at the other end of the stream, until that says that it is enough, or is gone.
 * @param primary of a server of several processes: who says what is opened, in place of the HTTP process
 */
export async function serveHttpProcess(
  stream: Duplex,
  {primary}: {readonly primary?: Duplex} = {},
): Promise<void> {
  const ended = Promise.withResolvers<Error | undefined>();
  await using closing = new AsyncDisposableStack();
  let opened: Opened | undefined;
  let isAsked = false;
  const open = (): Opened => {
    if (!opened) throw new UnavailableError('The keys are not open yet.');
    return opened;
  };
  const methods = new Map<string, Handler>();
  const connection: Connection = new ProcessConnection(stream, {
    methods,
    onEnd: (error) => ended.resolve(error),
    peer: 'HTTP process',
  });
  const http = remote<HttpProcess>('http', HTTP_PROCESS_METHODS, connection);
  const openOnce = async (request: OpenRequest, from?: OtherProcess): Promise<OpenedKeys> => {
    if (isAsked) throw new Error('The keys are open, or about to be.');
    isAsked = true;
    opened = await openKeys(request, {connection, http, closing, from, link}).catch(startError);
    return describe(opened.management);
  };
  const link: PrimaryLink | undefined =
    primary && new PrimaryLink(primary, {open: openOnce, onBroken: (error) => ended.resolve(error)});
  const keyProcess: KeyProcess = {
    open: async (request) => {
      if (link) throw new Error('The primary says what is opened.');
      return openOnce(request);
    },
    verifyKeystore: async (row) => open().endpoints.verifyKeystore(row),
    runOnKeystore: async (call) => open().endpoints.runOnKeystore(call),
    runOnKey: async (call) => open().endpoints.runOnKey(call),
    read: async (key, options) => open().endpoints.read(key, options),
    list: async (keys, options) => open().endpoints.list(keys, options),
    check: async () => {
      const {hierarchy, keyModules, rootWatch} = open().management;
      await hierarchy.check();
      await Promise.all([...new Set(keyModules.values())].map((module) => module.check()));
      return rootWatch.isAwaiting ? ['root-of-trust'] : [];
    },
    ...adminCalls(() => open().management, http),
    ipcClients: async () => {
      const {readIpcClients} = await import('../../admin/ipc-register.ts');
      return readIpcClients(open().management);
    },
    close: () => closing.disposeAsync(),
  };
  const keystores = (): KeyManagement['requestStores']['keystores'] =>
    open().management.requestStores.keystores;
  for (const [name, handler] of [
    ...handlersOf<KeyProcess>('keys', KEY_PROCESS_METHODS, keyProcess),
    ...handlersOf<KeystoreConfigStore>('keystores', REQUEST_KEYSTORE_METHODS, {
      insert: async (...given) => keystores().insert(...given),
      find: async (...given) => keystores().find(...given),
      update: async (...given) => keystores().update(...given),
      list: async (...given) => keystores().list(...given),
      delete: async (...given) => keystores().delete(...given),
    }),
    ...handlersOf<BackupCalls>(
      'backups',
      BACKUP_METHODS,
      backupCalls(() => open().management),
    ),
  ]) {
    methods.set(name, handler);
  }
  const error = await ended.promise;
  if (error) throw error;
}

async function openKeys(
  {settings, holder, sealed, prompts, worker}: OpenRequest,
  {
    connection,
    http,
    closing,
    from = {sealed, roots: []},
    link,
  }: {
    readonly connection: Connection;
    readonly http: HttpProcess;
    readonly closing: AsyncDisposableStack;
    readonly from: OtherProcess | undefined;
    readonly link: PrimaryLink | undefined;
  },
): Promise<Opened> {
  // What the parent process has loaded, which has made this one.
  const given = settings as Settings;
  const log: Logger = processLogger(given.log.level, http, worker);
  const metrics = new CountedMetrics(http);
  closing.defer(() => metrics.close());
  const opened = await openKeyManagement(given, {
    ...{log, closing, metrics, holder},
    stores: storeProxies(connection),
    selfCheck: {report: () => http.selfCheckReport(), check: () => http.selfCheck()},
    ...(!prompts && {prompt: (question: string) => NO_SECRETS.prompt(question)}),
    worker: {number: worker ?? 0, from},
  });
  const management: KeyManagement = {...opened, ...(link && {workers: link.workers})};
  const {root, hierarchy, stores} = management;
  if (!root.isSealed()) {
    await assertRootsOpenKeys({store: stores.keyHierarchy, hierarchy, purpose: 'record-mac'});
  }
  root.onSealedChange((isSealed) => {
    http.sealedChanged(isSealed).catch((err: unknown) => log.error({err}, 'the HTTP process is gone'));
  });
  link?.shareRoots(root, () => http.sealedChanged(root.isSealed()));
  await http.sealedChanged(root.isSealed());
  closing.defer(startBackgroundWork(management));
  return {management, endpoints: keyEndpoints(management, http)};
}

/** @throws KeyProcessStartError in its place, whose message a person is told */
function startError(error: unknown): never {
  const message = error instanceof Error ? error.message : 'an unknown failure';
  throw new KeyProcessStartError(message, {
    cause: error,
    reason: error instanceof RootOfTrustError ? 'root-of-trust' : 'other',
  });
}

function describe({root, keyModules}: KeyManagement): OpenedKeys {
  return {
    sealed: root.isSealed(),
    created: root.created,
    rootUris: root.records().map(({uri}) => uri),
    keyModules: [...keyModules.keys()],
  };
}
