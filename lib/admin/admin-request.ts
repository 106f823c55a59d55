import type {IncomingMessage} from 'node:http';
import {MalformedRequestError} from '../errors.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';
import {AdminError} from './admin-operation.ts';
import type {AnyAdminOperation} from './execute-operation.ts';

const PREFIX = '/v1/';
const MAX_BODY_BYTES = 65_536;
const MAX_DEPTH = 8;

/** A request that names no operation, or is not how one is asked for. */
export class AdminRequestError extends Error {
  override readonly name = 'AdminRequestError';
  readonly status: 400 | 403 | 404 | 405 | 413 | 415;

  constructor(status: AdminRequestError['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws AdminRequestError by what the head of the request says */
export function findOperation(
  {method, url = '', headers}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  operations: ReadonlyMap<string, AnyAdminOperation>,
): AnyAdminOperation {
  // Browsers do not reach Unix sockets, but what forwards to one may be reached by them.
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    throw new AdminRequestError(403, 'Web pages may not ask.');
  }
  const operation = url.startsWith(PREFIX) ? operations.get(url.slice(PREFIX.length)) : undefined;
  if (!operation) throw new AdminRequestError(404, 'There is no such operation.');
  if (method !== 'POST') throw new AdminRequestError(405, 'Operations are asked for with POST.');
  if (headers['content-type'] !== 'application/json' || headers['content-encoding'] !== undefined) {
    throw new AdminRequestError(415, 'The parameters must be application/json, as they are.');
  }
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  return operation;
}

/** @throws AdminRequestError; AdminError where the client is gone */
export async function readParametersOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY_BYTES) throw tooLarge();
    }
  } catch (error) {
    for (const chunk of chunks) chunk.fill(0);
    if (error instanceof AdminRequestError) throw error;
    throw new AdminError('failed', 'The client went away.', {cause: error});
  }
  const body = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  try {
    return parseStrictJson(body, {maxDepth: MAX_DEPTH});
  } catch (error) {
    if (error instanceof MalformedRequestError) throw new AdminRequestError(400, error.message);
    throw error;
  } finally {
    body.fill(0);
  }
}

function tooLarge(): AdminRequestError {
  return new AdminRequestError(413, `The parameters must not be larger than ${MAX_BODY_BYTES} bytes.`);
}
