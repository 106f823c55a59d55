import {createPrivateKey, createPublicKey, randomBytes, sign, type KeyObject} from 'node:crypto';
import {open, readFile, rename} from 'node:fs/promises';
import {join} from 'node:path';
import type {Logger} from 'pino';
import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {errorCode} from '../error-code.ts';
import {encodeFields} from '../sealing/encode-fields.ts';
import {SERVER_KEYS, SERVER_SCOPE} from '../sealing/scopes.ts';
import type {ScopeWrappers} from '../sealing/sealer.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import {didOfKey} from '../self-check/statement.ts';
import {AdminError} from './admin-operation.ts';

/** In the data directory; what is written first, and then given that name. */
export const ATTESTATION_KEY_FILES = ['attestation.key', 'attestation.key.new'] as const;

const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
/** DER of an Ed25519 private key (RFC 8410) up to its 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** What a node signs its statements with. */
export interface AttestationKey {
  readonly did: string;
  sign(data: Uint8Array): Uint8Array;
}

export interface AttestationKeyOptions {
  readonly dataDir: string;
  readonly wrappers: ScopeWrappers;
  readonly log: Logger;
}

type ServerWrapper = Awaited<ReturnType<ScopeWrappers['wrapperFor']>>;

/**
 * Opens the node's attestation key, or makes it: a seed of Ed25519, sealed by the server's own data key, in a file of the data
 * directory. One line: `<data key version> <did:key> <sealed seed as base64url>`. It is sealed anew where that data key was rotated.
 * @throws AdminError where the file is not as this server wrote it; UnavailableError, SealedError
 */
export async function openAttestationKey({
  dataDir,
  wrappers,
  log,
}: AttestationKeyOptions): Promise<AttestationKey> {
  const path = join(dataDir, ATTESTATION_KEY_FILES[0]);
  const wrapper = await wrappers.wrapperFor(SERVER_SCOPE, SERVER_KEYS, {create: true});
  const line = await readLine(path);
  if (line === undefined) {
    const seed = randomBytes(SEED_BYTES);
    try {
      const key = keyOf(seed);
      await writeKey(dataDir, wrapper, {seed, did: key.did});
      log.info({did: key.did}, 'this node has an attestation key now');
      return key;
    } finally {
      seed.fill(0);
    }
  }
  const [, keyVersionId, did, text] = /^(\S+) (did:key:\S+) ([A-Za-z0-9_-]+)\n$/.exec(line) ?? [];
  const sealed = text === undefined ? undefined : decodeBase64url(text);
  if (did === undefined || !sealed) throw damaged(path);
  const seed = await openSeed(wrapper, sealed, {did, path});
  try {
    const key = keyOf(seed);
    if (key.did !== did) throw damaged(path);
    if (keyVersionId !== wrapper.keyId) await writeKey(dataDir, wrapper, {seed, did});
    return key;
  } finally {
    seed.fill(0);
  }
}

async function readLine(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function openSeed(
  wrapper: ServerWrapper,
  sealed: Uint8Array,
  {did, path}: {readonly did: string; readonly path: string},
): Promise<Uint8Array> {
  try {
    const seed = await wrapper.open(sealed, context(did));
    if (seed.length === SEED_BYTES) return seed;
  } catch (error) {
    if (!(error instanceof SealedBlobError)) throw error;
    throw damaged(path, error);
  }
  throw damaged(path);
}

/** The whole file, or none. */
async function writeKey(
  dataDir: string,
  wrapper: ServerWrapper,
  {seed, did}: {readonly seed: Uint8Array; readonly did: string},
): Promise<void> {
  const [path, draft] = ATTESTATION_KEY_FILES.map((name) => join(dataDir, name)) as [string, string];
  const sealed = await wrapper.seal(seed, context(did));
  {
    await using file = await open(draft, 'w', 0o600);
    await file.writeFile(`${wrapper.keyId} ${did} ${encodeBase64url(sealed)}\n`);
    await file.sync();
  }
  await rename(draft, path);
}

function keyOf(seed: Uint8Array): AttestationKey {
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const key: KeyObject = createPrivateKey({key: der, format: 'der', type: 'pkcs8'});
  der.fill(0);
  const raw = createPublicKey(key).export({format: 'der', type: 'spki'}).subarray(-PUBLIC_KEY_BYTES);
  return {did: didOfKey(raw), sign: (data) => sign(null, data, key)};
}

function context(did: string): Uint8Array {
  return encodeFields(['webkms attestation key v1', did]);
}

function damaged(path: string, cause?: Error): AdminError {
  const message =
    `${path} does not open: it was changed, or is of another store. Restore it; or delete it, and this node gets another key, ` +
    'by which it is to be known from then on.';
  return new AdminError('failed', message, {cause});
}
