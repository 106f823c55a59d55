import {randomUUID} from 'node:crypto';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {Duplex} from 'node:stream';
import type {Logger} from 'pino';
import {MethodNotAllowedError, type KmsError} from '../errors.ts';
import type {Metrics} from '../observability/metrics.ts';
import {canonicalAddress} from './client-address.ts';
import {clientErrorOf, isNextInLine, isUnanswerable, sendRawReply} from './raw-reply.ts';
import {commonHeaders} from './reply-headers.ts';
import {requestRecorder} from './request-log.ts';

export interface ClientErrorOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly hsts: boolean;
}

/**
 * Answers what does not become a request (bytes that are not HTTP, headers that are too large, what took too long) with
 * the same body as everything else, and closes the connection.
 */
export function answerClientErrors(server: Server, options: ClientErrorOptions): void {
  const unanswered = trackRequests(server);
  const refused = new WeakSet<Duplex>();
  const common = commonHeaders(options);
  const record = requestRecorder(options);

  const refuse = (socket: Duplex, error: KmsError): void => {
    refused.add(socket);
    const requestId = randomUUID();
    sendRawReply(socket, error, {...common, 'X-Request-Id': requestId});
    const address = 'remoteAddress' in socket ? canonicalAddress(String(socket.remoteAddress)) : undefined;
    const unknown = {method: '', route: 'none', path: '', request: undefined, seconds: 0};
    record({...unknown, requestId, address: address ?? '', status: error.status, error});
  };

  const isNext = (socket: Duplex): boolean => isNextInLine([...(unanswered.get(socket) ?? [])]);

  server.on('clientError', (error, socket) => {
    // Node goes on parsing, and failing, while what the client still sends is read and dropped.
    if (refused.has(socket)) return;
    if (isUnanswerable(error, socket) || !isNext(socket)) {
      options.log.debug({err: error}, 'connection ended');
      socket.destroy();
    } else {
      refuse(socket, clientErrorOf(error));
    }
  });
  server.on('connect', (_, socket) => {
    // Node hands the socket over and listens to it no more: an error that nobody heard would end the process.
    socket.on('error', (err) => options.log.debug({err}, 'connection ended')).resume();
    if (isNext(socket)) refuse(socket, new MethodNotAllowedError(['DELETE', 'GET', 'OPTIONS', 'POST']));
    else socket.destroy();
  });
  server.on('tlsClientError', (error: Error) => options.log.debug({err: error}, 'TLS handshake failed'));
  // The app says `100 Continue` when it wants the body, and refuses every other expectation.
  const toApp = (req: IncomingMessage, res: ServerResponse): boolean => server.emit('request', req, res);
  server.on('checkContinue', toApp);
  server.on('checkExpectation', toApp);
}

/** The requests of each connection that are not both received and answered. */
function trackRequests(server: Server): WeakMap<Duplex, Set<ServerResponse>> {
  const bySocket = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on('request', (req, res) => {
    const set = bySocket.get(req.socket) ?? new Set();
    bySocket.set(req.socket, set.add(res));
    const forget = (): void => {
      if (req.complete && res.writableFinished) set.delete(res);
    };
    res.on('close', () => {
      forget();
      // Answered before all of it was there, which is seldom.
      if (!req.complete) req.once('close', forget);
    });
  });
  return bySocket;
}
