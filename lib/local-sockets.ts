import type {Logger} from 'pino';
import {startAdminSocket, type AdminSocket, type ExecuteAdmin} from './admin/admin-socket-server.ts';
import type {AnyAdminOperation} from './admin/execute-operation.ts';
import type {IpcClient} from './admin/ipc-client.ts';
import type {Settings} from './config/settings.ts';
import {UnavailableError} from './errors.ts';
import type {Metrics} from './observability/metrics.ts';
import type {ServedKeys} from './served-keys.ts';
import type {DidResolver} from './zcap/did/did-resolver.ts';

export interface LocalSocketsOptions {
  readonly keys: Pick<
    ServedKeys,
    'executeAdmin' | 'ipcClients' | 'requestStores' | 'keyService' | 'assertUsable'
  >;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly loadOperations: () => Promise<ReadonlyMap<string, AnyAdminOperation>>;
  readonly resolver: DidResolver;
  /** @throws RateLimitError for a client (a DID) that asks too much */
  readonly limitInvoker: (did: string) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** In the place of a worker that has them no more: operators are to be heard even where applications cannot be. */
  readonly takesOver: boolean;
}

/** What a server listens on besides: the operators' socket, and where it is set that of applications on this host. */
export async function openLocalSockets(
  settings: Settings,
  options: LocalSocketsOptions,
): Promise<AdminSocket> {
  const {keys, log, loadOperations} = options;
  const ipc = settings.ipc && (await startIpc(settings, settings.ipc, options));
  const execute: ExecuteAdmin = async (operation, parameters, call) => {
    const changesClients = ipc && CHANGES_CLIENTS.has(operation.name);
    try {
      const result = await keys.executeAdmin(operation, parameters, call);
      // Before the operator is told that it is done.
      if (changesClients) await ipc.reload();
      return result;
    } catch (error) {
      // It may have been written all the same.
      if (changesClients) await ipc.reload().catch(() => undefined);
      throw error;
    }
  };
  try {
    const adminSocket = await startAdminSocket({execute, loadOperations, log, dataDir: settings.dataDir});
    return {
      retire: async () => {
        await ipc?.retire();
        await adminSocket.retire();
      },
      close: async () => {
        await ipc?.close();
        await adminSocket.close();
      },
    };
  } catch (error) {
    await ipc?.close();
    throw error;
  }
}

const CHANGES_CLIENTS: ReadonlySet<string> = new Set(['ipc.add', 'ipc.remove', 'ipc.revoke']);

async function startIpc(
  settings: Settings,
  place: NonNullable<Settings['ipc']>,
  {keys, log, metrics, resolver, limitInvoker, clock, takesOver}: LocalSocketsOptions,
) {
  const [{IpcServer}, {Judge}] = await Promise.all([
    import('./ipc/ipc-server.ts'),
    import('./zcap/judge.ts'),
  ]);
  const maxDelegationTtlMs = settings.maxDelegationTtlSeconds * 1000;
  return IpcServer.start({
    ...{place, log, metrics, maxDelegationTtlMs},
    judge: new Judge({resolver, maxDelegationTtlMs}),
    waits: takesOver,
    stopMs: settings.shutdownTimeoutSeconds * 1000,
    readClients: () => readClients(keys),
    keys: {
      state: keys.requestStores.state,
      keyService: keys.keyService,
      assertUsable: () => keys.assertUsable(),
      limitInvoker,
      now: clock,
    },
  });
}

/** The register is opened where the keys are. @throws SealedError, UnavailableError */
async function readClients({ipcClients}: LocalSocketsOptions['keys']): Promise<readonly IpcClient[]> {
  try {
    return await ipcClients();
  } catch (cause) {
    if (cause instanceof UnavailableError) throw cause;
    throw new UnavailableError('The register of clients cannot be read now.', {cause});
  }
}
