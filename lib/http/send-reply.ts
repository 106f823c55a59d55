import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Reply} from './endpoint.ts';
import {MAX_BODY_BYTES} from '../../schemas/api-contract.ts';
import {Turns} from '../turns.ts';
import {jsonInParts} from './json-in-parts.ts';
import {LINGER} from './limits.ts';

/** A reply whose body is text already: writing it cannot fail on its content. */
export interface RenderedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in UTF-8. Text, as Node writes it and the head at once. */
  readonly text: string | undefined;
  /** In place of `text`: of a long one, which is written one by one. */
  readonly parts?: readonly Buffer[];
}

/** As `renderReply`, in turns, a reply that is long. */
export async function renderLongReply({status, headers, body}: Reply): Promise<RenderedReply> {
  const parts = await jsonInParts(body);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return {status, headers: {...jsonHeaders(length), ...headers}, text: undefined, parts};
}

export function renderReply({status, headers, body}: Reply): RenderedReply {
  if (body === undefined) return {status, headers: headers ?? {}, text: undefined};
  const text = JSON.stringify(body);
  return {status, headers: {...jsonHeaders(Buffer.byteLength(text)), ...headers}, text};
}

function jsonHeaders(length: number): Readonly<Record<string, string>> {
  return {'Content-Type': 'application/json', 'Content-Length': String(length)};
}

/** Writes the reply, and keeps the connection only where the rest of the request is known to be small. */
export function sendReply(
  {req, res}: {req: IncomingMessage; res: ServerResponse},
  {status, headers, text, parts}: RenderedReply,
  {close}: {readonly close: boolean},
): void {
  const linger = !req.complete && !isBodyBounded(req);
  const emptyBody = text === undefined && !parts && status !== 204 ? {'Content-Length': '0'} : {};
  res.writeHead(status, {...headers, ...emptyBody, ...((close || linger) && {Connection: 'close'})});
  if (parts) void writeParts(res, parts).then(() => end(req, res, linger));
  else if (!linger) res.end(text);
  else {
    res.write(text ?? '');
    end(req, res, linger);
  }
}

/** As fast as the client reads, and in turns. Ends where the client goes away. */
async function writeParts(res: ServerResponse, parts: readonly Buffer[]): Promise<void> {
  const turns = new Turns();
  for (const part of parts) {
    if (res.destroyed) return;
    if (!res.write(part)) await drained(res);
    await turns.next();
  }
}

async function drained(res: ServerResponse): Promise<void> {
  const {promise, resolve} = Promise.withResolvers<undefined>();
  const go = (): void => resolve(undefined);
  res.once('drain', go).once('close', go);
  await promise;
  res.off('drain', go).off('close', go);
}

function end(req: IncomingMessage, res: ServerResponse, linger: boolean): void {
  if (linger) discardRest(req, () => res.end());
  else res.end();
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
