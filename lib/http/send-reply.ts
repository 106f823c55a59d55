import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Reply} from './endpoint.ts';
import {MAX_BODY_BYTES} from '../../schemas/api-contract.ts';
import {LINGER} from './limits.ts';

/** A reply whose body is text already: writing it cannot fail on its content. */
export interface RenderedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in UTF-8. Text, as Node writes it and the head at once. */
  readonly text: string | undefined;
}

export function renderReply({status, headers, body}: Reply): RenderedReply {
  if (body === undefined) return {status, headers: headers ?? {}, text: undefined};
  const text = JSON.stringify(body);
  const own = {'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(text))};
  return {status, headers: {...own, ...headers}, text};
}

/** Writes the reply, and keeps the connection only where the rest of the request is known to be small. */
export function sendReply(
  {req, res}: {req: IncomingMessage; res: ServerResponse},
  {status, headers, text}: RenderedReply,
  {close}: {readonly close: boolean},
): void {
  const linger = !req.complete && !isBodyBounded(req);
  const emptyBody = text === undefined && status !== 204 ? {'Content-Length': '0'} : {};
  res.writeHead(status, {...headers, ...emptyBody, ...((close || linger) && {Connection: 'close'})});
  if (!linger) return void res.end(text);
  res.write(text ?? '');
  discardRest(req, () => res.end());
}

function isBodyBounded(req: IncomingMessage): boolean {
  const {'content-length': length = '0', 'transfer-encoding': coding} = req.headers;
  return coding === undefined && Number(length) <= MAX_BODY_BYTES;
}

/**
 * Reads on for a moment and forgets what comes: closing with bytes unread would reset the connection, and the client
 * would not get to read the reply.
 */
function discardRest(req: IncomingMessage, done: () => void): void {
  let dropped = 0;
  const finish = (): void => {
    clearTimeout(timer);
    req.off('data', count).off('end', finish).off('close', finish);
    done();
  };
  const count = (chunk: Buffer): void => {
    dropped += chunk.length;
    if (dropped > LINGER.bytes) finish();
  };
  const timer = setTimeout(finish, LINGER.ms);
  req.on('data', count).on('end', finish).on('close', finish).resume();
}
