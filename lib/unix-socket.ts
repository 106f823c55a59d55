import {once} from 'node:events';
import {lstat} from 'node:fs/promises';
import {connect, type Server} from 'node:net';
import {errorCode} from './error-code.ts';

/** What lies by the name of a socket. `stale`: one that nobody listens on, of a server that was killed. */
export type SocketPlace = 'free' | 'stale' | 'in-use' | 'no-socket';

export async function lookAtSocket(path: string): Promise<SocketPlace> {
  try {
    if (!(await lstat(path)).isSocket()) return 'no-socket';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'free';
    throw error;
  }
  return (await answers(path)) ? 'in-use' : 'stale';
}

async function answers(path: string): Promise<boolean> {
  const {promise, resolve} = Promise.withResolvers<boolean>();
  const socket = connect(path, () => resolve(true)).on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/**
 * Listens with mode 0600, in this process alone. Binding is synchronous: the mask is back before anything else runs, and the socket
 * never had another mode.
 */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  const mask = process.umask(0o177);
  try {
    server.listen({path, exclusive: true});
  } finally {
    process.umask(mask);
  }
  await listening;
}
