import {parseStrictJson} from '../../../encoding/strict-json.ts';
import {decodeBase64url} from '../../../encoding/base64url.ts';
import {AesGcmKey} from '../../../sealing/aes-gcm-key.ts';
import {withSecret} from '../../../sealing/secrets.ts';
import {SealedBlobError} from '../../../sealing/wrapper.ts';
import {
  formatArgon2Parameters,
  newArgon2Parameters,
  parseArgon2Parameters,
  stretch,
  type Argon2Parameters,
} from '../../../sealing/wrappers/argon2-parameters.ts';
import {decodeKeyLine, encodeKeyLine} from '../../../sealing/wrappers/key-line.ts';
import {ClientError} from '../client-error.ts';
import {ControllerKey} from './controller-key.ts';
import {readPrivateFile} from './private-file.ts';

const NAME = 'The controller key file';
const MAX_KEY_FILE_BYTES = 4096;
const BRACE = 0x7b;
const KEY_ID = 'passphrase';
const ADDITIONAL_DATA = Buffer.from('webkms controller key v1');

interface SealedSeed {
  readonly did: string;
  readonly argon2: Argon2Parameters;
  readonly sealed: Uint8Array;
}

/**
 * What a controller key's file holds: its seed as one line of unpadded base64url; or, where there is a passphrase, JSON: the seed
 * sealed by AES-256-GCM under what Argon2id makes of the passphrase.
 * @returns bytes, which the caller overwrites
 */
export async function formatControllerKey(seed: Uint8Array, passphrase?: Uint8Array): Promise<Uint8Array> {
  if (!passphrase) return encodeKeyLine(seed);
  const argon2 = newArgon2Parameters();
  const key = await passphraseKey(passphrase, argon2);
  const members = {
    did: new ControllerKey(seed).did,
    kdf: JSON.parse(formatArgon2Parameters(argon2)) as object,
    sealed: Buffer.from(key.seal(seed, ADDITIONAL_DATA)).toString('base64url'),
  };
  return Buffer.from(`${JSON.stringify(members, undefined, 2)}\n`);
}

/** @returns what a controller key's file holds, which the caller overwrites; undefined where there is none. @throws ClientError */
export function controllerKeyBytes(path: string): Promise<Uint8Array | undefined> {
  return readPrivateFile(path, {name: NAME, maxBytes: MAX_KEY_FILE_BYTES});
}

/** Whether a passphrase is needed. */
export function isSealedKey(bytes: Uint8Array): boolean {
  return bytes[0] === BRACE;
}

/**
 * Opens what a controller key's file holds.
 * @param path is for messages.
 * @param askPassphrase is asked where the key is sealed; the passphrase is overwritten.
 * @throws ClientError where it holds none, or the passphrase is wrong
 */
export async function openControllerKey(
  bytes: Uint8Array,
  path: string,
  askPassphrase: () => Promise<Uint8Array>,
): Promise<ControllerKey> {
  if (!isSealedKey(bytes)) return fromSeed(decodeKeyLine(bytes) ?? malformed(path));
  const {did, argon2, sealed} = parseSealed(bytes) ?? malformed(path);
  const key = await withSecret(await askPassphrase(), (passphrase) => passphraseKey(passphrase, argon2));
  const controller = await fromSeed(openSeed(key, sealed, path));
  return controller.did === did ? controller : malformed(path);
}

/** Reads a controller key's file and opens it. @throws ClientError where there is none, and as `openControllerKey` */
export async function readControllerKey(
  path: string,
  askPassphrase: () => Promise<Uint8Array>,
): Promise<ControllerKey> {
  const bytes = await controllerKeyBytes(path);
  if (!bytes)
    throw new ClientError('not-found', `${NAME} ${path} does not exist. Restore it from your backup.`);
  return withSecret(bytes, () => openControllerKey(bytes, path, askPassphrase));
}

function fromSeed(seed: Uint8Array): Promise<ControllerKey> {
  return withSecret(seed, () => new ControllerKey(seed));
}

async function passphraseKey(passphrase: Uint8Array, argon2: Argon2Parameters): Promise<AesGcmKey> {
  return withSecret(await stretch(passphrase, argon2), (key) => new AesGcmKey(KEY_ID, key));
}

function openSeed(key: AesGcmKey, sealed: Uint8Array, path: string): Uint8Array {
  try {
    return key.open(sealed, ADDITIONAL_DATA);
  } catch (error) {
    if (!(error instanceof SealedBlobError)) throw error;
    throw new ClientError('refused', `The passphrase does not open the controller key ${path}.`, {
      cause: error,
    });
  }
}

function parseSealed(bytes: Uint8Array): SealedSeed | undefined {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, {maxDepth: 2});
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const {did, kdf, sealed: text} = value as Readonly<Record<string, unknown>>;
  const argon2 = parseArgon2Parameters(JSON.stringify(kdf ?? null));
  const sealed = typeof text === 'string' ? decodeBase64url(text) : undefined;
  return typeof did === 'string' && argon2 && sealed ? {did, argon2, sealed} : undefined;
}

function malformed(path: string): never {
  throw new ClientError(
    'failed',
    `${NAME} ${path} does not hold a controller key, or is damaged. Restore it from your backup.`,
  );
}
