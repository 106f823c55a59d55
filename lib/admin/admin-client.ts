import {lstat} from 'node:fs/promises';
import {request, type IncomingMessage} from 'node:http';
import {connect} from 'node:net';
import {join} from 'node:path';
import {LineTooLongError, splitLines} from '../encoding/split-lines.ts';
import {errorCode} from '../error-code.ts';
import {AdminError, adminReason, type AdminCall, type AdminProgress} from './admin-operation.ts';
import {ADMIN_SOCKET, adminSocketPath} from './admin-socket-path.ts';

/** A line of a reply is no longer than this. */
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024;

/** No server listens on the data directory's socket: none runs, or it is just starting or stopping. Nothing was sent. */
export class NoAdminSocketError extends Error {
  override readonly name = 'NoAdminSocketError';
}

/** The server has the request, and gave no answer to it: it was stopped, or killed. */
export class ServerGoneError extends AdminError {
  constructor(options?: ErrorOptions) {
    super('failed', 'The server went away before it had answered.', options);
  }
}

export interface AdminClientCall extends AdminCall {
  readonly dataDir: string;
  /** Which operation, e.g. `root.add`. */
  readonly name: string;
  readonly parameters: object;
}

/**
 * Asks the server that runs on a data directory.
 * @returns the operation's result. @throws NoAdminSocketError; AdminError, as the server gave it, or `failed` where it went away;
 *   the signal's reason
 */
export async function callAdminSocket({
  dataDir,
  name,
  parameters,
  signal,
  ...call
}: AdminClientCall): Promise<unknown> {
  await assertOwnSocket(dataDir);
  await using place = await adminSocketPath(dataDir);
  const body = Buffer.from(JSON.stringify(parameters));
  try {
    const response = await send(place.path, {name, body, signal});
    return await readReply(response, call);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    body.fill(0);
  }
}

/** Whether a server answers there. @throws AdminError, `refused` where what lies there is not to be trusted */
export async function isAdminSocketListening(dataDir: string): Promise<boolean> {
  try {
    await assertOwnSocket(dataDir);
    await using place = await adminSocketPath(dataDir);
    const {promise, resolve, reject} = Promise.withResolvers<undefined>();
    const socket = connect(place.path, () => resolve(undefined));
    socket.on('error', (error) => reject(connectionFailure(error)));
    await promise.finally(() => socket.destroy());
    return true;
  } catch (error) {
    if (error instanceof NoAdminSocketError) return false;
    throw error;
  }
}

/** What is sent may be secret: only to a socket that this user or root has made; for root, the data directory's owner will do. */
async function assertOwnSocket(dataDir: string): Promise<void> {
  const path = join(dataDir, ADMIN_SOCKET);
  try {
    const [socket, directory] = await Promise.all([lstat(path), lstat(join(dataDir, '.'))]);
    const user = process.geteuid?.() ?? 0;
    const trusted = user === 0 ? [directory.uid, 0] : [user, 0];
    if (socket.isSocket() && trusted.includes(socket.uid)) return;
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw new NoAdminSocketError('There is no admin socket.', {cause: error});
    throw error;
  }
  throw new AdminError('refused', `${path} is not the socket of a server of this user. Nothing was sent.`);
}

async function send(
  socketPath: string,
  {name, body, signal}: {readonly name: string; readonly body: Buffer; readonly signal: AbortSignal},
): Promise<IncomingMessage> {
  const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>();
  const sent = request({
    socketPath,
    method: 'POST',
    path: `/v1/${name}`,
    headers: {Host: 'webkms-admin', 'Content-Type': 'application/json', 'Content-Length': body.length},
    agent: false,
    signal,
  });
  sent.on('response', resolve);
  sent.on('error', (error) => reject(connectionFailure(error)));
  sent.end(body);
  return promise;
}

function connectionFailure(error: unknown): Error {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new NoAdminSocketError('Nobody listens on the admin socket.', {cause: error});
    case 'EACCES':
      return new AdminError(
        'refused',
        'This user may not talk to the server: its admin socket is another user’s.',
        {
          cause: error,
        },
      );
    case undefined:
    default:
      return new ServerGoneError({cause: error});
  }
}

async function readReply(
  response: IncomingMessage,
  {report, write}: Pick<AdminCall, 'report' | 'write'>,
): Promise<unknown> {
  for await (const text of linesOf(response)) {
    const line = parseLine(text);
    if (line.error !== undefined) throw readError(line.error);
    if ('result' in line) {
      response.destroy();
      return line.result;
    }
    if (line.progress !== undefined) report(line.progress as AdminProgress);
    else if (typeof line.line === 'string') await write(line.line);
  }
  throw new ServerGoneError();
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  try {
    yield* splitLines(response as AsyncIterable<string>, {maxLength: MAX_LINE_CHARACTERS});
  } catch (error) {
    throw error instanceof LineTooLongError
      ? new AdminError('failed', 'The server answers without end.')
      : connectionFailure(error);
  }
}

interface ReplyLine {
  readonly progress?: unknown;
  readonly line?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

function parseLine(text: string): ReplyLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // As for what is no object.
  }
  throw new AdminError('failed', 'What answers on the admin socket is no webkms server.');
}

function readError(error: unknown): AdminError {
  const {code, message} = error as {code?: unknown; message?: unknown};
  return new AdminError(
    adminReason(code),
    typeof message === 'string' ? message : 'The server does not say why it failed.',
  );
}
