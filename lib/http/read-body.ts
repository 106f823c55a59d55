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
  if (hasArrived(req)) {
    if (req.readableLength > limit) throw tooLarge(limit);
    return (req.read() as Buffer | null) ?? Buffer.alloc(0);
  }
  const length = req.headers['content-length'];
  try {
    return await getRawBody(req, {limit, ...(length !== undefined && {length})});
  } catch (error) {
    throw bodyError(error, limit);
  }
}

/** Whether nothing is left to wait for: a small body comes with its head. */
export function hasArrived(req: IncomingMessage): boolean {
  return req.complete && req.readable;
}

function tooLarge(limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(`The request body must not be larger than ${limit} bytes.`);
}

function bodyError(error: unknown, limit: number): Error {
  const {type} = error as Partial<RawBodyError>;
  if (type === 'entity.too.large') return tooLarge(limit);
  // Aborted, reset, or closed before reading began.
  return new ClientGoneError('The client went away.', {cause: error});
}
