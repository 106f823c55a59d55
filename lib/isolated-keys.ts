import {UnavailableError} from './errors.ts';
import type {Settings} from './config/settings.ts';
import {KeyProcessLink, type KeyProcessLinkOptions} from './isolation/http-side/key-process-link.ts';
import type {KeyProcessRunner} from './isolation/http-side/key-process-runner.ts';
import {LocalRunner} from './isolation/http-side/local-runner.ts';
import {PendingCalls} from './isolation/http-side/pending-calls.ts';
import {PrimaryRunner} from './isolation/http-side/primary-runner.ts';
import {RemoteAdministration} from './isolation/http-side/remote-administration.ts';
import {RemoteBackupSealing} from './isolation/http-side/remote-backup-sealing.ts';
import {RemoteKeyService, type PendingRequest} from './isolation/http-side/remote-key-service.ts';
import {remoteRequestStores} from './isolation/http-side/remote-request-stores.ts';
import {RemoteVerifier} from './isolation/http-side/remote-verifier.ts';
import {storeHandlers} from './isolation/http-side/store-handlers.ts';
import {BACKUP_METHODS, type BackupCalls} from './isolation/protocol/backup-methods.ts';
import {
  HTTP_PROCESS_METHODS,
  KEY_PROCESS_METHODS,
  REQUEST_KEYSTORE_METHODS,
  type HttpProcess,
  type KeyProcess,
} from './isolation/protocol/key-process-methods.ts';
import {handlersOf, remote} from './rpc/remote-interface.ts';
import {NodeLeases} from './maintenance/node-leases.ts';
import {nodeId} from './node-id.ts';
import {writeLogLine} from './observability/logger.ts';
import {NO_METRICS} from './observability/metrics.ts';
import {openStores} from './open-stores.ts';
import {SealedError} from './sealing/sealing-errors.ts';
import type {ServedKeys, ServedKeysOptions} from './served-keys.ts';
import {rootNotices} from './start-notices.ts';
import type {KeystoreConfigStore} from './storage/keystore-config-store.ts';

/**
 * Keys in a process of their own: this one has the database, and the requests, and never a key (docs/adr/0025-key-process.md).
 * @throws StoreOpenError, InvalidSchemaError, KeyProcessStartError
 */
export async function openKeysIsolated(
  settings: Settings,
  {log, closing, metrics = NO_METRICS, selfCheck, role}: ServedKeysOptions,
): Promise<ServedKeys> {
  const {worker} = role;
  const stores = await openStores(settings, {log});
  closing.defer(() => stores.close());
  await stores.keyHierarchy.validateSchema();
  const holder = await nodeId(settings.dataDir, {worker: worker?.start.number ?? 0});
  const requests = new PendingCalls<PendingRequest>();
  let isSealed = false;

  const http: HttpProcess = {
    acceptOnce: async (call) => requests.find(call).acceptOnce(),
    goOn: async (call) => requests.find(call).goOn?.(),
    adminReport: (...given) => administration.answers.adminReport(...given),
    adminWrite: (...given) => administration.answers.adminWrite(...given),
    anchorLines: (...given) => administration.answers.anchorLines(...given),
    sealedChanged: async (sealed) => {
      isSealed = sealed;
    },
    selfCheckReport: () => selfCheck.report(),
    selfCheck: () => selfCheck.check(),
    log: async (line) => writeLogLine(log, line),
    counted: async (counts) => {
      for (const {cacheHits = 0, cacheMisses = 0, event} of counts) {
        if (event !== undefined) metrics.keyLifecycle(event);
        for (let i = 0; i < cacheHits; i++) metrics.cache('keys', true);
        for (let i = 0; i < cacheMisses; i++) metrics.cache('keys', false);
      }
    },
  };
  const methods = new Map([
    ...storeHandlers(stores),
    ...handlersOf<HttpProcess>('http', HTTP_PROCESS_METHODS, http),
  ]);
  const runner: KeyProcessRunner = worker
    ? new PrimaryRunner(worker.channel)
    : new LocalRunner({settings, holder, wasSealed: () => isSealed, log});
  const isNew = (await stores.keyHierarchy.listRootWrappers()).length === 0;
  const created = isNew && (await seed(runner, {methods, log}));
  const link = new KeyProcessLink({run: () => runner.run(), methods, log});
  worker?.channel.on('is-sealed', () => (link.isOpen ? isSealed : undefined));
  const keyProcess = remote<KeyProcess>('keys', KEY_PROCESS_METHODS, link);
  closing.defer(() => link.stop(() => keyProcess.close()));
  const administration = new RemoteAdministration({
    ...{settings, stores, keyProcess, log},
    sealing: new RemoteBackupSealing(remote<BackupCalls>('backups', BACKUP_METHODS, link)),
    isSealed: () => isSealed,
  });
  const opened = await link.start();

  const verifier = new RemoteVerifier({keyProcess, isUsable: () => link.isOpen && !isSealed});
  let missing: readonly string[] = [];
  const keystores = remote<KeystoreConfigStore>('keystores', REQUEST_KEYSTORE_METHODS, link);
  return {
    stores,
    requestStores: remoteRequestStores(stores, {verifier, keystores}),
    keyService: new RemoteKeyService({keyProcess, verifier, calls: requests}),
    keyModules: new Map(opened.keyModules.map((name) => [name, undefined])),
    nodeLeases: new NodeLeases({leases: stores.leases, holder, log}),
    notices: [
      ...rootNotices(settings, {
        uris: opened.rootUris,
        created: created || opened.created,
        sealed: opened.sealed,
      }),
      describe(link, worker !== undefined),
    ],
    healthChecks: [
      {
        name: 'key-process',
        check: async () => {
          missing = await keyProcess.check();
        },
        missing: () => missing,
      },
    ],
    assertUsable: () => {
      if (!link.isOpen) throw new UnavailableError('The key process is not there now.');
      if (isSealed) throw new SealedError();
    },
    // All that is done by itself needs keys: the key process does it.
    startWork: () => async () => undefined,
    executeAdmin: administration.execute,
    ipcClients: () => keyProcess.ipcClients(),
  };
}

/**
 * Has the first root key file made, by a process of its own: that which answers requests may write no file.
 * @returns whether one was made
 */
async function seed(
  runner: KeyProcessRunner,
  {methods, log}: Pick<KeyProcessLinkOptions, 'methods' | 'log'>,
): Promise<boolean> {
  const seeding = await runner.runToSeed();
  if (!seeding) return false;
  const link = new KeyProcessLink({run: async () => seeding, methods, log});
  const keyProcess = remote<KeyProcess>('keys', KEY_PROCESS_METHODS, link);
  const {created} = await link.start();
  await link.stop(() => keyProcess.close());
  return created;
}

function describe({network, pid}: KeyProcessLink, isWorker: boolean): string {
  const where = isWorker
    ? 'for each worker in a process of their own'
    : `in a process of their own (${String(pid)})`;
  return `keys: ${where}${network === 'none' ? ', without a network' : ''}`;
}
