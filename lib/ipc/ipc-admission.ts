import {randomBytes, verify} from 'node:crypto';
import type {Duplex} from 'node:stream';
import type {IpcClient} from '../admin/ipc-client.ts';
import {decodeBase64url} from '../encoding/base64url.ts';
import {KmsError, NotAllowedError, UnavailableError} from '../errors.ts';
import {ProtocolError} from '../rpc/protocol-error.ts';
import {decodeEd25519Multibase, importEd25519PublicKey} from '../zcap/did/ed25519-public-key.ts';
import {judgeBuildManifest, type BuildManifest, type BuildManifestOptions} from './build-manifest.ts';
import {
  answer,
  challenge,
  clientStatement,
  hello,
  NONCE_BYTES,
  serverStatement,
  verdict,
} from './handshake.ts';
import {HandshakeFrames} from './handshake-frames.ts';
import {hmac} from './ipc-identity.ts';

export interface AdmissionOptions extends BuildManifestOptions {
  /** @throws where it cannot be said now */
  readonly findClient: (name: string) => Promise<IpcClient | undefined>;
  /** Told before a word is said, whether there is room for one more. @throws UnavailableError */
  readonly assertRoom: (client: IpcClient) => void;
}

export interface Admitted {
  readonly client: IpcClient;
  readonly manifest: BuildManifest | undefined;
}

const NO_PROOF = 'There is no such client, or its secret is another.';

/** Stands for clients that are not there, so that nobody learns which are. */
const nobody = {serverKey: randomBytes(32)};

/**
 * The server's side of the handshake. Who is refused is told why as far as it has proven who it is.
 * @throws NotAllowedError, UnavailableError, ProtocolError
 */
export async function admitClient(stream: Duplex, options: AdmissionOptions): Promise<Admitted> {
  const frames = new HandshakeFrames(stream);
  try {
    const admitted = await converse(frames, options);
    frames.release();
    frames.send(verdict(['welcome', admitted.client.keystoreId]));
    return admitted;
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    const isRefusal = error instanceof KmsError && error.status < 500;
    const about = error instanceof KmsError ? (error.publicCause?.message ?? error.message) : 'Not now.';
    frames.send(verdict([isRefusal ? 'refused' : 'unavailable', about]));
    throw error;
  }
}

async function converse(frames: HandshakeFrames, options: AdmissionOptions): Promise<Admitted> {
  const [, name, clientNonce] = await frames.next(hello);
  assertNonce(clientNonce);
  const client = await options.findClient(name);
  const greeting = {name, clientNonce, serverNonce: randomBytes(NONCE_BYTES)};
  const serverKey = client ? decodeBase64url(client.serverKey) : undefined;
  const proof = hmac(serverKey ?? nobody.serverKey, serverStatement(greeting));
  frames.send(challenge([greeting.serverNonce, proof]));
  const [signature, manifest] = await frames.next(answer);
  if (!client || !isSignedBy(client, clientStatement(greeting, {proof, manifest}), signature))
    throw new NotAllowedError('ipc-proof', NO_PROOF);
  options.assertRoom(client);
  const {buildKey} = client;
  if (buildKey === undefined) return {client, manifest: undefined};
  if (!manifest)
    throw new NotAllowedError('build-manifest', 'This client must present the manifest of its build.');
  return {client, manifest: await judgeBuildManifest(manifest, {...client, buildKey}, options)};
}

function isSignedBy({did}: IpcClient, statement: Uint8Array, signature: Uint8Array): boolean {
  const key = importEd25519PublicKey(decodeEd25519Multibase(did.slice('did:key:'.length)));
  return verify(null, statement, key, signature);
}

function assertNonce(nonce: Uint8Array): void {
  if (nonce.length !== NONCE_BYTES) throw new ProtocolError('A nonce has another length.');
}

/** @throws UnavailableError */
export function noRoom(): UnavailableError {
  return new UnavailableError('This client has too many connections.');
}
