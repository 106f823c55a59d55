import {hash} from 'node:crypto';
import {encodeFields} from '../sealing/encode-fields.ts';
import {bytes, maybe, oneOf, text, tuple} from '../rpc/shape.ts';

/**
 * Who talks to whom, before anything is asked. Four frames of CBOR:
 * hello (client), challenge (server), answer (client), verdict (server). The server proves first that it knows the client; the client
 * signs what was said, the server's proof and its manifest included. Nonces are new on both sides: what was proven is good for nothing else.
 */
export const IPC_PROTOCOL = 'webkms-ipc-v1';
export const NONCE_BYTES = 32;

/** `[protocol, name, nonce]` */
export const hello = tuple<[protocol: typeof IPC_PROTOCOL, name: string, nonce: Uint8Array]>(
  oneOf(IPC_PROTOCOL),
  text,
  bytes,
);
/** `[nonce, proof]` */
export const challenge = tuple<[nonce: Uint8Array, proof: Uint8Array]>(bytes, bytes);
/** `[signature, manifest as JSON]` */
export const answer = tuple<[signature: Uint8Array, manifest: Uint8Array | undefined]>(bytes, maybe(bytes));
/** `[verdict, the keystore's URL or why not]` */
export const verdict = tuple<[verdict: 'welcome' | 'refused' | 'unavailable', about: string]>(
  oneOf('welcome', 'refused', 'unavailable'),
  text,
);

export interface Greeting {
  readonly name: string;
  readonly clientNonce: Uint8Array;
  readonly serverNonce: Uint8Array;
}

/** What the server makes a MAC of. */
export function serverStatement({name, clientNonce, serverNonce}: Greeting): Uint8Array {
  return encodeFields([IPC_PROTOCOL, 'server', name, clientNonce, serverNonce]);
}

/** What the client signs. */
export function clientStatement(
  {name, clientNonce, serverNonce}: Greeting,
  {proof, manifest}: {readonly proof: Uint8Array; readonly manifest: Uint8Array | undefined},
): Uint8Array {
  const presented = manifest ? hash('sha256', manifest, 'buffer') : new Uint8Array();
  return encodeFields([IPC_PROTOCOL, 'client', name, clientNonce, serverNonce, proof, presented]);
}
