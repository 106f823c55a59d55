import type {IncomingMessage} from 'node:http';
import getRawBody, {type RawBodyError} from 'raw-body';
import {PayloadTooLargeError} from '../errors.ts';

/** The client went away before it had sent its request: there is nobody to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}

/**
 * Reads a whole body: the bytes as sent, never decompressed or decoded.
 *
 * @throws PayloadTooLargeError as soon as the limit is passed, or announced to be
 * @throws ClientGoneError
 */
export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  const length = req.headers['content-length'];
  if (hasArrived(req) && Number(length) <= limit) {
    const body = req.read() as Buffer | null;
    // To its end, with which Node lets go of it.
    req.resume();
    return body ?? Buffer.alloc(0);
  }
  try {
    return await getRawBody(req, {limit, ...(length !== undefined && {length})});
  } catch (error) {
    throw bodyError(error, limit);
  }
}

/** Whether all that was announced is there to be read, as a small body is that was sent with its head. */
function hasArrived(req: IncomingMessage): boolean {
  return req.readable && req.readableLength === Number(req.headers['content-length']);
}

function bodyError(error: unknown, limit: number): Error {
  const {type} = error as Partial<RawBodyError>;
  if (type === 'entity.too.large') {
    return new PayloadTooLargeError(`The request body must not be larger than ${limit} bytes.`);
  }
  // Aborted, reset, or closed before reading began.
  return new ClientGoneError('The client went away.', {cause: error});
}
