import {open, readFile, rename} from 'node:fs/promises';
import {join} from 'node:path';
import {errorCode} from '../error-code.ts';
import type {KeyManagement} from '../key-management.ts';
import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';
import {MalformedRequestError} from '../errors.ts';
import {storedNodeId} from '../node-id.ts';
import {MAX_PLAINTEXT_BYTES, readKeyId} from '../sealing/aes-gcm-blob.ts';
import {encodeFields} from '../sealing/encode-fields.ts';
import {ROOT_KEY_PURPOSE, type KeyInfo} from '../sealing/key-administration.ts';
import {ipcRegisterScope, SERVER_KEYS} from '../sealing/scopes.ts';
import {KeyInUseError, KeyNotFoundError, SealedError} from '../sealing/sealing-errors.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import {AdminError} from './admin-operation.ts';
import {isIpcClient, type IpcClient} from './ipc-client.ts';

/** In the data directory; what is written first, and then given that name. */
export const IPC_REGISTER_FILES = ['ipc-clients', 'ipc-clients.new'] as const;

type Management = Pick<KeyManagement, 'hierarchy' | 'settings'>;
type Hierarchy = Management['hierarchy'];

const CONTEXT = encodeFields(['webkms ipc clients v2']);
const MAX_DEPTH = 4;

/** One reading or change of each register at a time, the last that was asked for: who changes one holds the data directory. */
const working = new WeakMap<Hierarchy, Promise<unknown>>();

/**
 * The clients of this node's IPC socket: a file of the data directory, sealed by a data key of its own, so that nobody who can but
 * write files adds one. Each change makes the next version of that key and destroys the one before: an older copy of the file does
 * not open any more, wherever it comes from.
 * @throws AdminError where the file is not as this server wrote it last; UnavailableError, SealedError
 */
export async function readIpcClients(
  management: Management & Pick<KeyManagement, 'root'>,
): Promise<readonly IpcClient[]> {
  if (management.root.isSealed()) throw new SealedError();
  return alone(management, () => readRegister(management));
}

/** @param change says what is there now. @throws what it throws; then nothing is changed */
export function changeIpcClients(
  management: Management,
  change: (clients: readonly IpcClient[]) => readonly IpcClient[],
): Promise<void> {
  return alone(management, async () => writeRegister(management, change(await readRegister(management))));
}

async function alone<T>({hierarchy}: Management, work: () => Promise<T>): Promise<T> {
  const mine = (working.get(hierarchy) ?? Promise.resolve()).then(work);
  working.set(
    hierarchy,
    mine.catch(() => undefined),
  );
  return mine;
}

async function readRegister({hierarchy, settings}: Management): Promise<readonly IpcClient[]> {
  const path = join(settings.dataDir, IPC_REGISTER_FILES[0]);
  const text = await readText(path);
  if (text === undefined) return [];
  const sealed = /^[A-Za-z0-9_-]+\n$/.test(text) ? decodeBase64url(text.trimEnd()) : undefined;
  if (!sealed) throw damaged(path);
  const scope = await scopeOf(settings);
  try {
    const id = readKeyId(sealed);
    const keys = await hierarchy.listKeys(scope);
    // As it is stored now: a version that this process has open may be destroyed.
    if (!dataKeyVersions(keys).includes(id)) throw new SealedBlobError();
    const wrapper = await hierarchy.wrapperFor(scope, SERVER_KEYS);
    const opened = parseStrictJson(await wrapper.open(sealed, CONTEXT), {maxDepth: MAX_DEPTH});
    if (!Array.isArray(opened) || !opened.every(isIpcClient)) throw damaged(path);
    // Of a change that was interrupted.
    await destroyOthers(hierarchy, keys, id);
    return opened;
  } catch (error) {
    const isOther =
      error instanceof SealedBlobError ||
      error instanceof MalformedRequestError ||
      error instanceof KeyNotFoundError;
    throw isOther ? damaged(path, error) : error;
  }
}

/** The whole file, or none. Where it is not known whether all was done, the next reading finishes it. */
async function writeRegister(
  {hierarchy, settings}: Management,
  clients: readonly IpcClient[],
): Promise<void> {
  const plaintext = Buffer.from(JSON.stringify(clients));
  if (plaintext.length > MAX_PLAINTEXT_BYTES)
    throw new AdminError(
      'refused',
      'The register would be longer than it may be. Remove clients, or name fewer keys.',
    );
  const scope = await scopeOf(settings);
  await hierarchy.createKeys(scope, [SERVER_KEYS]);
  const keys = await hierarchy.rotateKeys(scope);
  const wrapper = await hierarchy.wrapperFor(scope, SERVER_KEYS);
  const sealed = await wrapper.seal(plaintext, CONTEXT);
  const [path, draft] = IPC_REGISTER_FILES.map((name) => join(settings.dataDir, name)) as [string, string];
  {
    await using file = await open(draft, 'w', 0o600);
    await file.writeFile(`${encodeBase64url(sealed)}\n`);
    await file.sync();
  }
  await rename(draft, path);
  await destroyOthers(hierarchy, keys, wrapper.keyId);
}

/** What is neither the newest of its key, nor what the register is sealed under. */
async function destroyOthers(hierarchy: Hierarchy, keys: readonly KeyInfo[], id: string): Promise<void> {
  // A root key version goes only after the data key versions that are sealed under it.
  const ordered = [...keys].sort((a, b) => Number(isRootKey(a)) - Number(isRootKey(b)));
  for (const {versions} of ordered) {
    for (const version of versions.slice(0, -1)) {
      if (version.id === id) continue;
      try {
        await hierarchy.revokeKeyVersion(version.id);
      } catch (error) {
        if (!(error instanceof KeyNotFoundError || error instanceof KeyInUseError)) throw error;
      }
    }
  }
}

const isRootKey = ({purpose}: KeyInfo): boolean => purpose === ROOT_KEY_PURPOSE;

function dataKeyVersions(keys: readonly KeyInfo[]): readonly string[] {
  return keys
    .filter(({purpose}) => purpose === SERVER_KEYS)
    .flatMap(({versions}) => versions.map(({id}) => id));
}

/** Each node's own, on one store as well. */
async function scopeOf({dataDir}: Management['settings']): Promise<string> {
  return ipcRegisterScope(await storedNodeId(dataDir));
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function damaged(path: string, cause?: Error): AdminError {
  const message =
    `${path} does not open: it was changed, or is an older copy, or the store is one, or it is of another node. ` +
    'Put the newest back; or delete it, and add its clients again.';
  return new AdminError('failed', message, {cause});
}
