import {randomBytes, timingSafeEqual} from 'node:crypto';
import {connect, type Socket} from 'node:net';
import {errorCode} from '../../error-code.ts';
import {NotAllowedError, UnavailableError} from '../../errors.ts';
import {
  answer,
  challenge,
  clientStatement,
  hello,
  IPC_PROTOCOL,
  NONCE_BYTES,
  serverStatement,
  verdict,
} from '../../ipc/handshake.ts';
import {HandshakeFrames} from '../../ipc/handshake-frames.ts';
import {hmac, type IpcIdentity} from '../../ipc/ipc-identity.ts';
import {HANDSHAKE_MS, MAX_CALLS} from '../../ipc/ipc-limits.ts';
import {IPC_CLIENT_METHODS, IPC_CLIENT_PART, type IpcClientSide} from '../../ipc/ipc-methods.ts';
import {Connection} from '../../rpc/connection.ts';
import {handlersOf} from '../../rpc/remote-interface.ts';
import {KmsConnectionError} from '../client-errors.ts';

export interface IpcPartner {
  readonly name: string;
  readonly socket: string;
  readonly keystoreId: string;
  readonly identity: IpcIdentity;
  /** JSON: the capability that the build key has signed for this client. */
  readonly manifest: Uint8Array | undefined;
}

/** Nobody answers there, or not to the end: it may be otherwise in a moment. Nothing was asked. */
export class NotReachedError extends KmsConnectionError {}

/**
 * Connects, and has both sides prove who they are. The process may end while the connection is idle.
 * @throws NotAllowedError where the server refuses; UnavailableError where it cannot say now; KmsConnectionError where it is not there, or
 *   not the server that the secret was made with
 * @param onLeave told where the server is about to stop: nothing more is to be asked over the connection
 */
export async function connectIpc(
  partner: IpcPartner,
  onLeave: (connection: Connection) => void,
): Promise<Connection> {
  const socket = await reach(partner.socket);
  const timer = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
  try {
    await greet(socket, partner);
  } catch (error) {
    socket.destroy();
    if (
      error instanceof NotAllowedError ||
      error instanceof UnavailableError ||
      error instanceof KmsConnectionError
    )
      throw error;
    throw new NotReachedError('What answers on the IPC socket does not speak its protocol, or went away.', {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
  const side: IpcClientSide = {leave: async () => onLeave(connection)};
  const connection: Connection = new Connection(socket, {
    methods: new Map(handlersOf<IpcClientSide>(IPC_CLIENT_PART, IPC_CLIENT_METHODS, side)),
    maxCalls: MAX_CALLS,
    peer: 'server',
    onEnd: () => socket.destroy(),
  });
  socket.resume();
  return connection;
}

async function greet(socket: Socket, {name, keystoreId, identity, manifest}: IpcPartner): Promise<void> {
  const frames = new HandshakeFrames(socket);
  const clientNonce = randomBytes(NONCE_BYTES);
  frames.send(hello([IPC_PROTOCOL, name, clientNonce]));
  const [serverNonce, proof] = await frames.next(challenge);
  const greeting = {name, clientNonce, serverNonce};
  const expected = hmac(identity.serverKey, serverStatement(greeting));
  if (proof.length !== expected.length || !timingSafeEqual(proof, expected)) {
    throw new KmsConnectionError(
      'The server does not know this client: it was removed, or added anew, or the socket is that of another server.',
    );
  }
  const signature = identity.sign(clientStatement(greeting, {proof, manifest}));
  frames.send(answer([signature, manifest]));
  const [outcome, about] = await frames.next(verdict);
  frames.release();
  if (outcome === 'refused') throw new NotAllowedError('ipc-client', about);
  if (outcome === 'unavailable') throw new UnavailableError(about);
  if (about !== keystoreId) throw new KmsConnectionError('The client was added anew, for another keystore.');
}

async function reach(path: string): Promise<Socket> {
  const {promise, resolve, reject} = Promise.withResolvers<Socket>();
  const socket = connect(path, () => resolve(socket)).on('error', (cause) => reject(unreached(path, cause)));
  return promise;
}

function unreached(path: string, cause: Error): KmsConnectionError {
  if (errorCode(cause) === 'EACCES') {
    const message = `This user may not connect to the IPC socket ${path}: it is the server's user's, or its group's (WEBKMS_IPC_GROUP).`;
    return new KmsConnectionError(message, {cause});
  }
  return new NotReachedError(`Nobody answers on the IPC socket ${path}.`, {cause});
}
