import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {Logger} from 'pino';
import {AdminError, type AdminCall} from './admin-operation.ts';
import {AdminSocketListener} from './admin-socket-listener.ts';
import {AdminReply} from './admin-reply.ts';
import {AdminRequestError, findOperation, readParametersOf} from './admin-request.ts';
import type {AnyAdminOperation} from './execute-operation.ts';

const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
/** How long operations may take to stop when the server does. */
const STOP_TIMEOUT_MS = 10_000;

const STOPPING = 'The server stops. A job goes on when it runs again; anything else must be asked for again.';

export type ExecuteAdmin = (
  operation: AnyAdminOperation,
  parameters: unknown,
  call: AdminCall,
) => Promise<unknown>;

export interface AdminSocketOptions {
  /** Runs what was asked for. @throws AdminError alone */
  readonly execute: ExecuteAdmin;
  readonly loadOperations: () => Promise<ReadonlyMap<string, AnyAdminOperation>>;
  /** The caller holds its lock: so a socket that lies there is a dead server's. */
  readonly dataDir: string;
  readonly log: Logger;
  /** How long a client may take to send its request. */
  readonly requestTimeoutMs?: number;
  /** How often it is looked whether somebody has deleted the socket. */
  readonly checkIntervalMs?: number;
}

export interface AdminSocket {
  /** Takes no more connections, so that another process can; what was asked for goes on. */
  retire(): Promise<void>;
  /** Stops what was asked for, and waits for it, but not for jobs, which go on. */
  close(): Promise<void>;
}

/**
 * Listens on the data directory's admin socket, `POST /v1/<operation>`. Who may connect is said by the socket's mode, 0600.
 * @throws AdminError, `refused` where something else is in its place, or others could put something there
 */
export async function startAdminSocket(options: AdminSocketOptions): Promise<AdminSocket> {
  const {dataDir, log, requestTimeoutMs = REQUEST_TIMEOUT_MS, checkIntervalMs = CHECK_INTERVAL_MS} = options;
  const calls = new Set<Promise<void>>();
  const replies = new Set<AdminReply>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const reply = new AdminReply(response);
    replies.add(reply);
    const call = answer(request, reply, options).finally(() => {
      replies.delete(reply);
      calls.delete(call);
    });
    calls.add(call);
  };
  const listener = await AdminSocketListener.start({
    ...{dataDir, log, checkIntervalMs},
    createServer: () => createAdminServer(requestTimeoutMs).on('request', onRequest),
  });
  let stopped: ReturnType<AdminSocketListener['stop']> | undefined;
  return {
    retire: async () => {
      await (stopped ??= listener.stop());
    },
    close: async () => {
      const {cut} = await (stopped ??= listener.stop());
      for (const reply of replies) reply.abort(STOPPING);
      await settled(calls, STOP_TIMEOUT_MS);
      await cut();
    },
  };
}

function createAdminServer(requestTimeoutMs: number): Server {
  const server = createServer({
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 500,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = 1;
  return server;
}

async function answer(
  request: IncomingMessage,
  reply: AdminReply,
  {execute, loadOperations, log}: AdminSocketOptions,
): Promise<void> {
  try {
    const operation = findOperation(request, await loadOperations());
    const parameters = await readParametersOf(request);
    reply.result(await execute(operation, parameters, reply));
  } catch (error) {
    if (error instanceof AdminRequestError) {
      log.warn({status: error.status, reason: error.message}, 'admin request refused');
      reply.error(error.status, {reason: 'invalid', message: error.message});
    } else if (error instanceof AdminError) {
      reply.error(200, error);
    } else {
      log.error({err: error}, 'admin request failed');
      reply.error(500, {
        reason: 'failed',
        message: 'It failed for a reason that was not foreseen. The log has it.',
      });
    }
  }
}

async function settled(calls: ReadonlySet<Promise<void>>, timeoutMs: number): Promise<void> {
  const timeout = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => timeout.resolve(undefined), timeoutMs);
  await Promise.race([Promise.allSettled(calls), timeout.promise]);
  clearTimeout(timer);
}
