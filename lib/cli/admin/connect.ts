import {mkdir} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {callAdminSocket, isAdminSocketListening, NoAdminSocketError} from '../../admin/admin-client.ts';
import {AdminError, type AdminCall} from '../../admin/admin-operation.ts';
import type {DataDirectoryLock} from '../../admin/data-directory-lock.ts';
import type {Settings} from '../../config/settings.ts';
import type {AdminIo} from './admin-io.ts';
import {openStore} from './open-store.ts';
import {assertOwnStore} from './own-store.ts';

/** How long a server may take to listen when it has the lock, or another command to end. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 100;

export interface ConnectOptions {
  /** Makes the store where there is none. */
  readonly create?: boolean;
  /** Where lines of output go, if not to standard output. */
  readonly write?: CallOutput['write'];
}

/** The server that runs on the data directory, or the store where none runs; never both. */
export interface AdminConnection extends AsyncDisposable {
  /** Whether a server does the work. */
  readonly online: boolean;
  /** @throws AdminError; InterruptedError */
  call(name: string, parameters?: object): Promise<unknown>;
}

/** Where progress and lines of output go. */
export type CallOutput = Pick<AdminCall, 'report' | 'write'>;

/** @throws AdminError where neither can be had; RootOfTrustError, StoreOpenError, InvalidSchemaError */
export async function connect(
  settings: Settings,
  {io, output, create = false}: ConnectOptions & {readonly io: AdminIo; readonly output: CallOutput},
): Promise<AdminConnection> {
  const lock = await lockOrServer(settings, {io, create});
  return lock ? openStore(settings, {lock, io, output}) : serverConnection(settings.dataDir, {io, output});
}

/** @returns the lock, where no server runs; undefined where one listens. @throws AdminError */
export async function lockOrServer(
  settings: Settings,
  {
    io,
    create,
    patienceMs = PATIENCE_MS,
  }: {readonly io: AdminIo; readonly create: boolean; readonly patienceMs?: number},
): Promise<DataDirectoryLock | undefined> {
  await assertOwnStore(settings, {create});
  const {dataDir} = settings;
  await mkdir(dataDir, {recursive: true, mode: 0o700});
  const {acquireDataDirectoryLock, DataDirectoryInUseError} =
    await import('../../admin/data-directory-lock.ts');
  const givesUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await acquireDataDirectoryLock(dataDir);
    } catch (error) {
      if (!(error instanceof DataDirectoryInUseError)) throw error;
    }
    if (await isAdminSocketListening(dataDir)) return undefined;
    if (performance.now() > givesUpAt) {
      throw new AdminError(
        'refused',
        `The data directory ${dataDir} is in use by another process that does not answer: a server that is starting or ` +
          'stopping, or another command. Try again when it is done.',
      );
    }
    await delay(RETRY_MS, undefined, {signal: io.interrupted}).catch(() => io.interrupted.throwIfAborted());
  }
}

function serverConnection(
  dataDir: string,
  {io, output}: {readonly io: AdminIo; readonly output: CallOutput},
): AdminConnection {
  return {
    online: true,
    call: async (name, parameters = {}) => {
      try {
        return await callAdminSocket({...output, dataDir, name, parameters, signal: io.interrupted});
      } catch (error) {
        if (!(error instanceof NoAdminSocketError)) throw error;
        throw new AdminError('failed', 'The server has stopped meanwhile. Try again.', {cause: error});
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
