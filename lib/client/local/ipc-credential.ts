import {readFile, stat} from 'node:fs/promises';
import {decodeBase64url, encodeBase64url} from '../../encoding/base64url.ts';
import {parseStrictJson} from '../../encoding/strict-json.ts';
import {MalformedRequestError} from '../../errors.ts';
import {IPC_SECRET_BYTES} from '../../ipc/ipc-identity.ts';
import {KmsConnectionError} from '../client-errors.ts';

/** What an application needs to use keys over the IPC socket. */
export interface IpcCredential {
  readonly name: string;
  /** Absolute path of the socket. */
  readonly socket: string;
  /** URL. */
  readonly keystoreId: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

const FORMAT = 'webkms-ipc-client-v1';
const MAX_FILE_BYTES = 16_384;
const READABLE_BY_OTHERS = 0o077;

/** JSON in UTF-8. */
export function formatIpcCredential({name, socket, keystoreId, secret}: IpcCredential): Buffer {
  const members = {format: FORMAT, name, socket, keystoreId, secret: encodeBase64url(secret)};
  return Buffer.from(`${JSON.stringify(members, undefined, 2)}\n`);
}

/** @throws MalformedRequestError, of which nothing is quoted */
function parseIpcCredential(bytes: Uint8Array): IpcCredential {
  const value = parseStrictJson(bytes, {maxDepth: 1});
  const members = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const {format, name, socket, keystoreId, secret: encoded} = members;
  const secret = typeof encoded === 'string' ? decodeBase64url(encoded) : undefined;
  if (
    format !== FORMAT ||
    typeof name !== 'string' ||
    typeof socket !== 'string' ||
    typeof keystoreId !== 'string' ||
    secret?.length !== IPC_SECRET_BYTES
  ) {
    throw new MalformedRequestError('It is no credential of an IPC client.');
  }
  return {name, socket, keystoreId, secret};
}

/** Reads a file that nobody but its owner may read. @throws KmsConnectionError, MalformedRequestError */
export async function readIpcCredential(path: string): Promise<IpcCredential> {
  let bytes;
  try {
    const {mode, size} = await stat(path);
    if ((mode & READABLE_BY_OTHERS) !== 0)
      throw new KmsConnectionError(
        `Others may read ${path}, which holds a secret: chmod 600, and add the client anew.`,
      );
    if (size > MAX_FILE_BYTES) throw new KmsConnectionError(`${path} is too long to be a credential.`);
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof KmsConnectionError) throw cause;
    throw new KmsConnectionError(`${path} cannot be read.`, {cause});
  }
  try {
    return parseIpcCredential(bytes);
  } finally {
    bytes.fill(0);
  }
}
