import {STATUS_CODES, type IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {HeadersTooLargeError, MalformedRequestError, RequestTimeoutError, type KmsError} from '../errors.ts';
import {errorReply} from './error-body.ts';
import {LINGER} from './limits.ts';
import {renderReply} from './send-reply.ts';

/** What Node says of a request that it could not parse or wait for → one of our errors. */
export function clientErrorOf(error: Error): KmsError {
  const options = {cause: error};
  switch ('code' in error ? error.code : undefined) {
    case 'HPE_HEADER_OVERFLOW':
      return new HeadersTooLargeError('The request headers are too large.', options);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new RequestTimeoutError('The request took too long to arrive.', options);
    default:
      return new MalformedRequestError('The request is not well-formed HTTP.', options);
  }
}

/** Writes a whole HTTP reply to a bare socket and closes it, reading on for a moment (see `sendReply`). */
export function sendRawReply(
  socket: Duplex,
  error: KmsError,
  common: Readonly<Record<string, string>>,
): void {
  const {status, headers, text} = renderReply(errorReply(error));
  const all = {...common, ...headers, Date: new Date().toUTCString(), Connection: 'close'};
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`);
  socket.end(text);
  const timer = setTimeout(() => socket.destroy(), LINGER.ms);
  socket.once('close', () => clearTimeout(timer));
}

/** Nothing can be sent any more, or the client has gone. */
export function isUnanswerable(error: Error, socket: Duplex): boolean {
  return !socket.writable || ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE'));
}

/**
 * Whether a reply written now would be read as the answer to the request that failed: there is no earlier request
 * unanswered, and of this one nothing was answered yet.
 */
export function isNextInLine(pending: readonly {req: IncomingMessage; headersSent: boolean}[]): boolean {
  const [first, ...others] = pending;
  return others.length === 0 && (first === undefined || (!first.headersSent && !first.req.complete));
}
