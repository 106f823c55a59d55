import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {
  answer,
  challenge,
  clientStatement,
  hello,
  IPC_PROTOCOL,
  verdict,
  type Greeting,
} from '../../lib/ipc/handshake.ts';
import {HandshakeFrames} from '../../lib/ipc/handshake-frames.ts';
import type {IpcIdentity} from '../../lib/ipc/ipc-identity.ts';

export type Proof = readonly [signature: Uint8Array, manifest: undefined];
export type Prove = (greeting: Greeting, proof: Uint8Array) => Proof;

export async function reach(path: string): Promise<Socket> {
  const socket = connect(path).on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A handshake with whatever proof. @returns the verdict and what was said; the socket is paused */
export async function greet(socket: Socket, name: string, prove: Prove) {
  const frames = new HandshakeFrames(socket);
  const clientNonce = randomBytes(32);
  frames.send(hello([IPC_PROTOCOL, name, clientNonce]));
  const [serverNonce, proof] = await frames.next(challenge);
  const greeting = {name, clientNonce, serverNonce};
  const given = prove(greeting, proof);
  frames.send(answer([...given]));
  const [word, about] = await frames.next(verdict);
  frames.release();
  return {socket, greeting, proof, given, word, about};
}

/** The proof that is right. */
export function signedBy({identity}: {readonly identity: IpcIdentity}): Prove {
  return (greeting, proof) => [
    identity.sign(clientStatement(greeting, {proof, manifest: undefined})),
    undefined,
  ];
}

/** Resolves when it is closed, whatever comes before. */
export async function ended(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}
