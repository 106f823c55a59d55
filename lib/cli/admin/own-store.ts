import {stat} from 'node:fs/promises';
import {AdminError} from '../../admin/admin-operation.ts';
import type {Settings} from '../../config/settings.ts';
import {errorCode} from '../../error-code.ts';

/**
 * @throws AdminError where there is no store and none may be made, or where it is another user's: files that were made here
 *   would be closed to its server.
 */
export async function assertOwnStore(
  {dataDir, storage}: Pick<Settings, 'dataDir' | 'storage'>,
  {create}: {readonly create: boolean},
): Promise<void> {
  const database = storage.kind === 'sqlite' ? await ownerOf(storage.path) : undefined;
  if (storage.kind === 'sqlite' && database === undefined && !create) {
    throw new AdminError(
      'not-found',
      `There is no store at ${storage.path}. Give the server's settings: --config FILE, or WEBKMS_DATA_DIR.`,
    );
  }
  const owner = database ?? (await ownerOf(dataDir));
  const user = process.geteuid?.();
  if (owner !== undefined && user !== undefined && owner !== user) {
    throw new AdminError(
      'refused',
      `${storage.kind === 'sqlite' ? `The store at ${storage.path}` : `The data directory ${dataDir}`} belongs to another user (${owner}; this is ${user}). Run the command as that user.`,
    );
  }
}

async function ownerOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).uid;
  } catch (error) {
    const code = errorCode(error) ?? 'error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new AdminError('refused', `This user cannot get at ${path} (${code}).`, {cause: error});
  }
}
