import {constants} from 'node:crypto';
import {once} from 'node:events';
import {createServer as createHttpServer, type Server} from 'node:http';
import {createServer as createHttpsServer, Server as HttpsServer} from 'node:https';
import {Server as NetServer, type AddressInfo} from 'node:net';
import type {TlsOptions} from 'node:tls';
import type {Express} from 'express';
import type {Logger} from 'pino';
import type {Metrics} from '../observability/metrics.ts';
import {answerClientErrors} from './client-errors.ts';
import {expressMessages} from './express-messages.ts';
import type {Lifecycle} from './lifecycle.ts';
import {MAX_HEADER_BYTES} from '../zcap/limits.ts';
import type {ConnectionLimits} from './limits.ts';
import type {Credentials} from './tls.ts';

export interface HttpServerOptions {
  readonly app: Express;
  readonly listen: {readonly host: string; readonly port: number};
  /** undefined: plain HTTP, behind a proxy that ends TLS. */
  readonly credentials: Credentials | undefined;
  readonly limits: ConnectionLimits;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly hsts: boolean;
}

/**
 * TLS 1.2 and up, HTTP/1.1 only. No session tickets: their key would outlive every session it protects, and a full
 * handshake with an elliptic curve certificate is cheap.
 */
const TLS_OPTIONS: TlsOptions = {
  minVersion: 'TLSv1.2',
  ALPNProtocols: ['http/1.1'],
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
};

/** The listening server and its connections. */
export class HttpServer {
  readonly #server: Server | HttpsServer;
  readonly #lifecycle: Lifecycle;
  readonly #log: Logger;
  #drained: Promise<void> | undefined;
  #retired: Promise<unknown> | undefined;

  private constructor(server: Server | HttpsServer, {lifecycle, log}: HttpServerOptions) {
    this.#server = server;
    this.#lifecycle = lifecycle;
    this.#log = log;
  }

  /** Resolves when it listens. Rejects with Node's error (`EADDRINUSE`, …) where it cannot. */
  static async start(options: HttpServerOptions): Promise<HttpServer> {
    const server = createServer(options);
    answerClientErrors(server, options);
    server.listen(options.listen.port, options.listen.host);
    await once(server, 'listening');
    server.on('error', (err) => options.log.error({err}, 'the listener failed'));
    return new HttpServer(server, options);
  }

  /** The port it listens on: the one that was found where 0 was asked for. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on connections begin with these; those that are there go on with theirs. @throws Error where they are malformed */
  renew(credentials: Credentials): void {
    if (this.#server instanceof HttpsServer) this.#server.setSecureContext({...TLS_OPTIONS, ...credentials});
  }

  /**
   * Takes no more connections, as another process does. A connection goes on to its next reply, which closes it; one that is
   * idle is not closed, as a client may be about to use it: it ends as it would have anyway.
   */
  retire(): void {
    this.#lifecycle.retire();
    this.#retired = once(this.#server, 'close');
    // What closes an HTTP server closes idle connections, too.
    NetServer.prototype.close.call(this.#server);
  }

  /** Resolves when a server that was retired has no more connections, or after `timeoutMs`. */
  async left(timeoutMs: number): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    await Promise.race([this.#retired, promise]);
    clearTimeout(timer);
  }

  /**
   * Takes no more connections, lets the requests in flight be answered, and resolves when all connections are closed:
   * after `timeoutMs` at the latest. Whoever asks again waits for the same.
   */
  drain(timeoutMs: number): Promise<void> {
    return (this.#drained ??= this.#drain(timeoutMs));
  }

  async #drain(timeoutMs: number): Promise<void> {
    this.#lifecycle.drain();
    const closed = once(this.#server, 'close');
    this.#server.close();
    const timer = setTimeout(() => {
      this.#log.warn('closing connections that did not finish in time');
      this.#server.closeAllConnections();
    }, timeoutMs);
    await closed;
    clearTimeout(timer);
  }
}

function createServer({app, credentials, limits}: HttpServerOptions): Server | HttpsServer {
  const httpOptions = {
    ...expressMessages(app),
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
    // The app checks it, and answers with the one error body.
    requireHostHeader: false,
  };
  const tlsOptions = {...TLS_OPTIONS, ...credentials, handshakeTimeout: limits.tlsHandshakeTimeoutMs};
  const server =
    credentials === undefined
      ? createHttpServer(httpOptions, app)
      : createHttpsServer({...httpOptions, ...tlsOptions}, app);
  server.maxHeadersCount = 0;
  server.maxConnections = limits.maxConnections;
  // Where there are several processes, and each has as many as it may, a connection would go from one to the next for ever.
  Object.assign(server, {dropMaxConnection: true});
  server.maxRequestsPerSocket = limits.maxRequestsPerConnection;
  server.timeout = limits.idleTimeoutMs;
  return server;
}
