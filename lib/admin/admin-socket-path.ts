import {constants} from 'node:fs';
import {open, lstat} from 'node:fs/promises';
import {join} from 'node:path';
import {AdminError} from './admin-operation.ts';

export const ADMIN_SOCKET = 'admin.sock';

/** `sun_path` of Linux has 108 bytes with the final zero, of other systems 104. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

const WRITABLE_BY_OTHERS = 0o022;

/** Where the socket is, spelled so that the system takes it. */
export interface AdminSocketPath extends AsyncDisposable {
  readonly path: string;
}

/**
 * The path of a data directory's socket, to bind or to connect to until it is disposed of. Too long a one goes by way of
 * an open descriptor of the directory.
 * @throws AdminError, `refused` where others can write to the directory, and so put their own socket there, or where it is too long.
 */
export async function adminSocketPath(dataDir: string): Promise<AdminSocketPath> {
  await assertOwnersDirectory(dataDir);
  const path = join(dataDir, ADMIN_SOCKET);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) {
    return {path, [Symbol.asyncDispose]: async () => undefined};
  }
  if (process.platform !== 'linux') {
    throw new AdminError(
      'refused',
      `The path of the admin socket, ${path}, is longer than the ${MAX_PATH_BYTES} bytes that this system allows. ` +
        'Choose a shorter WEBKMS_DATA_DIR.',
    );
  }
  const directory = await open(dataDir, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: `/proc/self/fd/${directory.fd}/${ADMIN_SOCKET}`,
    [Symbol.asyncDispose]: () => directory.close(),
  };
}

/** @throws AdminError, `refused` where others can write to the directory */
export async function assertOwnersDirectory(dataDir: string): Promise<void> {
  const {mode} = await lstat(join(dataDir, '.'));
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new AdminError(
      'refused',
      `Other users can write to the data directory ${dataDir}. Take that from them (chmod go-w ${dataDir}), or choose a ` +
        'directory inside it, which the server makes.',
    );
  }
}
