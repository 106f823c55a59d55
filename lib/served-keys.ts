import type {ExecuteAdmin} from './admin/admin-socket-server.ts';
import {executeOperation} from './admin/execute-operation.ts';
import type {IpcClient} from './admin/ipc-client.ts';
import {startBackgroundWork, type BackgroundWorkOptions} from './background-work.ts';
import type {Settings} from './config/settings.ts';
import type {HealthCheck} from './http/health.ts';
import {openKeyManagement, type KeyManagementOptions} from './key-management.ts';
import type {NodeLeases} from './maintenance/node-leases.ts';
import type {OfferedKeyModules} from './operations/find-key-module.ts';
import type {RequestKeyService} from './operations/key-service.ts';
import type {ProcessRole} from './process-role.ts';
import {assertRootsOpenKeys} from './sealing/assert-roots-open-keys.ts';
import {SealedError} from './sealing/sealing-errors.ts';
import {rootNotices} from './start-notices.ts';
import type {SelfCheckSource} from './self-check/self-check-report.ts';
import type {RequestStores, Stores} from './storage/stores.ts';

/** What a server has of its keys, whichever process they are in. */
export interface ServedKeys {
  /** The backend, for housekeeping. */
  readonly stores: Stores;
  readonly requestStores: Pick<RequestStores, 'keystores' | 'state' | 'revocations' | 'replays' | 'ping'>;
  readonly keyService: RequestKeyService;
  readonly keyModules: OfferedKeyModules;
  readonly nodeLeases: NodeLeases;
  readonly healthChecks: readonly HealthCheck[];
  /** Lines for the person who has started the server. */
  readonly notices: readonly string[];
  /** @throws SealedError, UnavailableError where no request can be served now */
  assertUsable(): void;
  /** Begins what is done by itself. @returns a function that stops it, and waits for what is under way */
  startWork(options: BackgroundWorkOptions): () => Promise<void>;
  readonly executeAdmin: ExecuteAdmin;
  /** The applications on this host that may use keys over the IPC socket. @throws as `readIpcClients` */
  readonly ipcClients: () => Promise<readonly IpcClient[]>;
}

export interface ServedKeysOptions extends Pick<
  KeyManagementOptions,
  'log' | 'closing' | 'metrics' | 'clock'
> {
  readonly role: ProcessRole;
  readonly selfCheck: SelfCheckSource;
}

/** Keys in this process. @throws as `openKeyManagement`, `assertRootsOpenKeys` */
export async function openKeysHere(
  settings: Settings,
  {role, ...options}: ServedKeysOptions,
): Promise<ServedKeys> {
  const management = await role.withOthers((others) => openKeyManagement(settings, {...options, ...others}));
  const {stores, requestStores, root, rootWatch, hierarchy, keyModules, keyService, nodeLeases, log} =
    management;
  const sealed = root.isSealed();
  if (!sealed) await assertRootsOpenKeys({store: stores.keyHierarchy, hierarchy, purpose: 'record-mac'});
  role.shareRoots(root);
  const administered = {...management, ...(role.workers && {workers: role.workers})};
  return {
    ...{stores, requestStores, keyService, keyModules, nodeLeases},
    notices: rootNotices(settings, {uris: root.records().map(({uri}) => uri), created: root.created, sealed}),
    healthChecks: [
      {
        name: 'root-of-trust',
        check: () => hierarchy.check(),
        missing: () => (rootWatch.isAwaiting ? ['root-of-trust'] : []),
      },
      {
        name: 'key-module',
        check: async () => {
          await Promise.all([...new Set(keyModules.values())].map((module) => module.check()));
        },
      },
    ],
    assertUsable: () => {
      if (root.isSealed()) throw new SealedError();
    },
    startWork: (work) => startBackgroundWork(management, work),
    executeAdmin: (operation, parameters, call) =>
      executeOperation(operation, {management: administered, parameters, call, log}),
    ipcClients: async () => {
      const {readIpcClients} = await import('./admin/ipc-register.ts');
      return readIpcClients(management);
    },
  };
}
