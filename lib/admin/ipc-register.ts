import {open, readFile, rename} from 'node:fs/promises';
import {join} from 'node:path';
import type {KeyManagement} from '../key-management.ts';
import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';
import {MalformedRequestError} from '../errors.ts';
import {encodeFields} from '../sealing/encode-fields.ts';
import {SERVER_KEYS, SERVER_SCOPE} from '../sealing/scopes.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import {AdminError} from './admin-operation.ts';
import {isIpcClient, type IpcClient} from './ipc-client.ts';

/** In the data directory; what is written first, and then given that name. */
export const IPC_REGISTER_FILES = ['ipc-clients', 'ipc-clients.new'] as const;

type Management = Pick<KeyManagement, 'hierarchy' | 'settings'>;

const CONTEXT = encodeFields(['webkms ipc clients v1']);
const MAX_DEPTH = 4;

/** One change at a time: who changes the register holds the data directory. */
let before: Promise<unknown> = Promise.resolve();

/**
 * The clients of this node's IPC socket: a file of the data directory, sealed by the server's own data key, so that nobody who can but
 * write files adds one.
 * @throws AdminError where the file is not as this server wrote it; UnavailableError, SealedError
 */
export async function readIpcClients(management: Management): Promise<readonly IpcClient[]> {
  const path = join(management.settings.dataDir, IPC_REGISTER_FILES[0]);
  const text = await readText(path);
  if (text === undefined) return [];
  const sealed = /^[A-Za-z0-9_-]+\n$/.test(text) ? decodeBase64url(text.trimEnd()) : undefined;
  if (!sealed) throw damaged(path);
  const wrapper = await management.hierarchy.wrapperFor(SERVER_SCOPE, SERVER_KEYS, {create: true});
  let opened;
  try {
    opened = parseStrictJson(await wrapper.open(sealed, CONTEXT), {maxDepth: MAX_DEPTH});
  } catch (error) {
    if (!(error instanceof SealedBlobError || error instanceof MalformedRequestError)) throw error;
    throw damaged(path, error);
  }
  if (Array.isArray(opened) && opened.every(isIpcClient)) return opened;
  throw damaged(path);
}

/** @param change says what is there now. @throws what it throws; then nothing is changed */
export async function changeIpcClients(
  management: Management,
  change: (clients: readonly IpcClient[]) => readonly IpcClient[],
): Promise<void> {
  const changing = before.then(async () => {
    await writeIpcClients(management, change(await readIpcClients(management)));
  });
  before = changing.catch(() => undefined);
  await changing;
}

/** The whole file, or none. */
async function writeIpcClients(
  {hierarchy, settings}: Management,
  clients: readonly IpcClient[],
): Promise<void> {
  const wrapper = await hierarchy.wrapperFor(SERVER_SCOPE, SERVER_KEYS, {create: true});
  const sealed = await wrapper.seal(Buffer.from(JSON.stringify(clients)), CONTEXT);
  const [path, draft] = IPC_REGISTER_FILES.map((name) => join(settings.dataDir, name)) as [string, string];
  {
    await using file = await open(draft, 'w', 0o600);
    await file.writeFile(`${encodeBase64url(sealed)}\n`);
    await file.sync();
  }
  await rename(draft, path);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function damaged(path: string, cause?: Error): AdminError {
  const message = `${path} does not open: it was changed, or is of another store. Restore it; or delete it, and add its clients again.`;
  return new AdminError('failed', message, {cause});
}
