import {once} from 'node:events';
import {chmod, chown, lstat, mkdir, unlink} from 'node:fs/promises';
import {connect, createServer, type Server, type Socket} from 'node:net';
import {dirname, join} from 'node:path';
import {MAX_CONNECTIONS} from './ipc-limits.ts';

/** `sun_path` of Linux has 108 bytes with the final zero, of other systems 104. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

export interface IpcPlace {
  /** Absolute path of the socket. Its directory is for it alone. */
  readonly path: string;
  /** Id of a group whose members may connect, too; absent: only this user may. */
  readonly group?: number;
}

/** Why the socket cannot be made, for the operator. */
export class IpcSocketError extends Error {
  override readonly name = 'IpcSocketError';
  readonly code = 'ERR_IPC_SOCKET';
}

/**
 * Listens on the socket, in a directory that nobody else may look into (0700; with a group 0710), with mode 0600 (0660). Where the
 * directory is not there it is made; one that is there, and is not so, is refused.
 * @throws IpcSocketError
 */
export async function listenForIpc(
  {path, group}: IpcPlace,
  onConnection: (socket: Socket) => void,
): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new IpcSocketError(
      `The path of the IPC socket, ${path}, is longer than the ${MAX_PATH_BYTES} bytes that this system allows. Choose a shorter WEBKMS_IPC.`,
    );
  }
  await prepareDirectory(dirname(path), group);
  await removeStaleSocket(path);
  const server = createServer({pauseOnConnect: true}, onConnection);
  server.maxConnections = MAX_CONNECTIONS;
  const listening = once(server, 'listening');
  // Binding is synchronous: the mask is back before anything else runs, and the socket never had another mode.
  const mask = process.umask(0o177);
  try {
    server.listen({path, exclusive: true});
  } finally {
    process.umask(mask);
  }
  await listening.catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new IpcSocketError(`The IPC socket cannot be made at ${path} (${code}).`, {cause});
  });
  if (group !== undefined) {
    try {
      await giveToGroup(path, group, 0o660);
    } catch (error) {
      server.close();
      throw error;
    }
  }
  return server;
}

async function prepareDirectory(directory: string, group: number | undefined): Promise<void> {
  const made = await mkdir(directory, {recursive: true, mode: 0o700});
  if (made !== undefined && group !== undefined) await giveToGroup(directory, group, 0o710);
  const {mode, uid, gid} = await lstat(join(directory, '.'));
  const user = process.geteuid?.();
  const forbidden = group === undefined || gid !== group ? 0o077 : 0o027;
  if ((mode & forbidden) !== 0 || (user !== undefined && uid !== user)) {
    const right = group === undefined ? 'mode 0700' : `group ${group} and mode 0710`;
    throw new IpcSocketError(
      `The directory of the IPC socket, ${directory}, must be this user's, with ${right}. Change it, or name one that is not there yet.`,
    );
  }
}

async function giveToGroup(path: string, group: number, mode: number): Promise<void> {
  try {
    await chown(path, process.geteuid?.() ?? -1, group);
    await chmod(path, mode);
  } catch (cause) {
    throw new IpcSocketError(
      `${path} cannot be given to group ${group}, WEBKMS_IPC_GROUP. The user that the server runs as must be a member of it.`,
      {cause},
    );
  }
}

/** The socket of a server that was killed goes; whatever else lies there stays, and so does that of one that lives. */
async function removeStaleSocket(path: string): Promise<void> {
  let found;
  try {
    found = await lstat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  if (!found.isSocket())
    throw new IpcSocketError(`${path}, WEBKMS_IPC, is no socket, and in the way. Remove it.`);
  if (await answers(path))
    throw new IpcSocketError(
      `Another server listens on ${path}, WEBKMS_IPC. Stop it first, or choose another path.`,
    );
  await unlink(path);
}

async function answers(path: string): Promise<boolean> {
  const {promise, resolve} = Promise.withResolvers<boolean>();
  const socket = connect(path, () => resolve(true)).on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
