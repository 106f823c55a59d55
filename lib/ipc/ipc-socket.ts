import {chmod, chown, lstat, mkdir, rename, unlink} from 'node:fs/promises';
import {createServer, type Server, type Socket} from 'node:net';
import {dirname, join} from 'node:path';
import {errorCode} from '../error-code.ts';
import {listenPrivately, lookAtSocket} from '../unix-socket.ts';
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

/** What is listened on. */
export interface IpcListening {
  readonly server: Server;
  /** Which file it is, whatever lies by its name later. */
  readonly socket: string;
}

/** The socket has it until it has its mode and group. Nobody connects to it by that. */
const DRAFT = '.new';

/**
 * Listens on the socket, in a directory that nobody else may look into (0700; with a group 0710), with mode 0600 (0660). Where the
 * directory is not there it is made; one that is there, and is not so, is refused. A socket that nobody listens on is replaced.
 * @param again not for the first time: what the directory is in is not made
 * @throws IpcSocketError
 */
export async function listenForIpc(
  {path, group}: IpcPlace,
  onConnection: (socket: Socket) => void,
  {again = false}: {readonly again?: boolean} = {},
): Promise<IpcListening> {
  const draft = join(dirname(path), DRAFT);
  if (Math.max(Buffer.byteLength(path), Buffer.byteLength(draft)) > MAX_PATH_BYTES) {
    throw new IpcSocketError(
      `The path of the IPC socket, ${path}, is longer than the ${MAX_PATH_BYTES} bytes that this system allows. Choose a shorter WEBKMS_IPC.`,
    );
  }
  await prepareDirectory(dirname(path), {group, again});
  await assertFree(path);
  await unlink(draft).catch(unlessAbsent);
  const server = createServer({pauseOnConnect: true}, onConnection);
  server.maxConnections = MAX_CONNECTIONS;
  try {
    await listenPrivately(server, draft);
    if (group !== undefined) await giveToGroup(draft, group, {mode: 0o660, name: path});
    // Node removes what is by the name that it was bound to when it closes: that is never another server's.
    await rename(draft, path);
    return {server, socket: await identify(path)};
  } catch (cause) {
    server.close();
    if (cause instanceof IpcSocketError) throw cause;
    const code = errorCode(cause) ?? 'unknown error';
    throw new IpcSocketError(`The IPC socket cannot be made at ${path} (${code}).`, {cause});
  }
}

/** Whether the socket is where it was, in a directory that is as it must be. @throws IpcSocketError where that is not */
export async function isInPlace({path, group}: IpcPlace, {socket}: IpcListening): Promise<boolean> {
  const found = await identify(path);
  if (found === '') return false;
  await assertDirectory(dirname(path), group);
  return found === socket;
}

/** Takes no more connections. What was accepted goes on. */
export async function stopListening({path}: IpcPlace, {server, socket}: IpcListening): Promise<void> {
  if ((await identify(path)) === socket) await unlink(path).catch(unlessAbsent);
  server.close();
}

/** Which file it is; empty where there is none. */
async function identify(path: string): Promise<string> {
  try {
    const {dev, ino, birthtimeNs} = await lstat(path, {bigint: true});
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch (error) {
    unlessAbsent(error);
    return '';
  }
}

function unlessAbsent(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}

async function prepareDirectory(
  directory: string,
  {group, again}: {readonly group: number | undefined; readonly again: boolean},
): Promise<void> {
  const made = again
    ? await mkdir(directory, {mode: 0o700}).then(() => true, unlessThere)
    : (await mkdir(directory, {recursive: true, mode: 0o700})) !== undefined;
  if (made && group !== undefined) await giveToGroup(directory, group, {mode: 0o710, name: directory});
  await assertDirectory(directory, group);
}

function unlessThere(error: unknown): boolean {
  if (errorCode(error) === 'EEXIST') return false;
  throw error;
}

async function assertDirectory(directory: string, group: number | undefined): Promise<void> {
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

async function giveToGroup(
  path: string,
  group: number,
  {mode, name}: {readonly mode: number; readonly name: string},
): Promise<void> {
  try {
    await chown(path, process.geteuid?.() ?? -1, group);
    await chmod(path, mode);
  } catch (cause) {
    throw new IpcSocketError(
      `${name} cannot be given to group ${group}, WEBKMS_IPC_GROUP. The user that the server runs as must be a member of it.`,
      {cause},
    );
  }
}

/** The socket of a server that was killed is none's; whatever else lies there stays, and so does that of one that lives. */
async function assertFree(path: string): Promise<void> {
  const found = await lookAtSocket(path);
  if (found === 'no-socket')
    throw new IpcSocketError(`${path}, WEBKMS_IPC, is no socket, and in the way. Remove it.`);
  if (found === 'in-use')
    throw new IpcSocketError(
      `Another server listens on ${path}, WEBKMS_IPC. Stop it, or choose another path.`,
    );
}
