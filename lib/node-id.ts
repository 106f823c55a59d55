import {createHash, randomBytes} from 'node:crypto';
import {link, readFile, unlink, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {errorCode} from './error-code.ts';

/** In the data directory. */
export const NODE_ID_FILE = 'node-id';
const ID_BYTES = 16;

/** What lies in the data directory under the name `node-id` is none. */
export class NodeIdError extends Error {
  override readonly name = 'NodeIdError';
  readonly code = 'ERR_NODE_ID';
}

/**
 * Who a process is, among all that work on one store: the same after a restart, which so goes on with what it had begun. The
 * data directory keeps a random number, made when there is none; the host's name tells copies of a directory apart, and the
 * number of the process those of one server.
 * @param worker a number that no other living process of the server has; 0 where there is one process
 * @returns 43 characters of base64url. @throws NodeIdError
 */
export async function nodeId(
  dataDir: string,
  {worker = 0}: {readonly worker?: number} = {},
): Promise<string> {
  const id = await storedNodeId(dataDir);
  return createHash('sha256')
    .update(JSON.stringify([id, hostname(), worker]))
    .digest('base64url');
}

/** The random number alone, 22 characters of base64url: of the node with all its processes, whatever its host is called. @throws NodeIdError */
export async function storedNodeId(dataDir: string): Promise<string> {
  const path = join(dataDir, NODE_ID_FILE);
  return (await readId(path)) ?? (await makeId(path));
}

async function readId(path: string): Promise<string | undefined> {
  let text;
  try {
    text = await readFile(path, 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const [, id] = /^([A-Za-z0-9_-]{22})\n$/.exec(text) ?? [];
  if (id === undefined) {
    throw new NodeIdError(`${path} does not hold the id of this node. Delete it: the server makes another.`);
  }
  return id;
}

/** The file is whole, or not there; of several processes that make it at once one is the first. */
async function makeId(path: string): Promise<string> {
  const id = randomBytes(ID_BYTES).toString('base64url');
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, `${id}\n`, {mode: 0o600, flag: 'wx', flush: true});
  try {
    await link(temporary, path);
    return id;
  } catch (error) {
    const made = errorCode(error) === 'EEXIST' ? await readId(path) : undefined;
    if (made === undefined) throw error;
    return made;
  } finally {
    await unlink(temporary);
  }
}
