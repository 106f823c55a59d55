import {readFile} from 'node:fs/promises';
import {IpcKms} from '../../client/local/ipc-kms.ts';
import {parseStrictJson} from '../../encoding/strict-json.ts';
import type {ClientConnection} from './client-connection.ts';
import {ClientError} from './client-error.ts';
import type {IpcProfile} from './profile/profile.ts';

const MAX_MANIFEST_BYTES = 65_536;
const MAX_DEPTH = 32;

/** Connects to the server on this host. @throws ClientError; NotAllowedError, UnavailableError, KmsConnectionError */
export async function connectIpcProfile(profile: IpcProfile): Promise<ClientConnection> {
  const {credential, manifest: path} = profile;
  const manifest = path === undefined ? undefined : await readManifest(path);
  const kms = await IpcKms.connect({credential, ...(manifest && {manifest})});
  return {
    profile,
    kms,
    authority: () => {
      throw new ClientError(
        'refused',
        'Who uses keys over the IPC socket controls no keystore: capabilities, revocations and transfers need its controller.',
      );
    },
    close: () => kms.destroy(),
  };
}

async function readManifest(path: string): Promise<object> {
  let value: unknown;
  try {
    const bytes = await readFile(path);
    value = bytes.length > MAX_MANIFEST_BYTES ? undefined : parseStrictJson(bytes, {maxDepth: MAX_DEPTH});
  } catch (cause) {
    throw new ClientError('failed', `The manifest ${path} cannot be read.`, {cause});
  }
  if (typeof value === 'object' && value !== null) return value;
  throw new ClientError('failed', `${path} is no manifest.`);
}
