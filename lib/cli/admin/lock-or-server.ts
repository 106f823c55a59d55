import {mkdir} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {isAdminSocketListening} from '../../admin/admin-client.ts';
import {AdminError} from '../../admin/admin-operation.ts';
import type {DataDirectoryLock} from '../../admin/data-directory-lock.ts';
import type {Settings} from '../../config/settings.ts';
import type {AdminIo} from './admin-io.ts';
import {assertOwnStore} from './own-store.ts';

/** How long a server may take to listen when it has the lock, or another command to end. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 100;

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
      const lock = await acquireDataDirectoryLock(dataDir);
      // Where somebody has deleted the lock's file, the server that held it still answers.
      if (!(await isAdminSocketListening(dataDir).catch(() => false))) return lock;
      lock.release();
      return undefined;
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
