import {type Agent, request} from 'node:https';
import {UnexpectedReplyError} from '../client-errors.ts';
import {connectionError} from './connection-error.ts';

export interface HttpsRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface HttpsReply {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
}

/** A page of keys with all their versions is the longest that there is. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;
/** Without a byte in either direction; the longest that a server works on is an RSA key of 4096 bits. */
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Sends a request and reads its reply whole. Redirections are not followed: what is signed for one URL is not for another.
 * @throws KmsConnectionError, UnexpectedReplyError where the reply is longer than any
 */
export async function sendHttps(
  {method, url, headers, body}: HttpsRequest,
  agent: Agent,
): Promise<HttpsReply> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : Buffer.from(body);
    const outgoing = request(url, {
      method,
      agent,
      timeout: IDLE_TIMEOUT_MS,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(payload && {'content-length': payload.length}),
      },
    });
    const fail = (error: unknown): void => {
      const reused = outgoing.reusedSocket;
      reject(error instanceof UnexpectedReplyError ? error : connectionError(error, {url, reused}));
    };
    outgoing.on('timeout', () =>
      outgoing.destroy(Object.assign(new Error('No answer.'), {code: 'ETIMEDOUT'})),
    );
    outgoing.on('error', fail);
    // Nothing else would follow it.
    outgoing.on('upgrade', (_incoming, socket) => {
      socket.destroy();
      fail(new UnexpectedReplyError('it changes the protocol.'));
    });
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('error', fail);
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length <= MAX_REPLY_BYTES) return;
        const tooLong = new UnexpectedReplyError('it is longer than any reply.');
        fail(tooLong);
        outgoing.destroy(tooLong);
      });
      incoming.on('end', () => {
        const {statusCode: status = 0, headers: received} = incoming;
        const {'content-type': contentType = '', 'retry-after': retryAfter} = received;
        resolve({status, contentType, retryAfter, body: Buffer.concat(chunks)});
      });
    });
    outgoing.end(payload);
  });
}
