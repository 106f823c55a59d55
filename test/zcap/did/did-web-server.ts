import {once} from 'node:events';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {
  createDidResolver,
  type DidResolver,
  type DidResolverOptions,
} from '../../../lib/zcap/did/did-resolver.ts';
import type {DidWebOptions} from '../../../lib/zcap/did/did-web.ts';
import {testCertificate} from '../../support/test-certificate.ts';

export const HOST = 'issuer.example';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTPS server on loopback that answers as `HOST` with whatever a test wants. */
export class DidWebServer {
  /** The certificate to trust, once started. */
  ca = '';
  /** `method url` of each request that came in. */
  readonly requests: string[] = [];
  /** Connections that came in, with or without a request. */
  connections = 0;
  handler: Handler = (_request, response) => response.writeHead(404).end();
  readonly #host: string;
  readonly #server: Server;

  constructor(host = HOST) {
    this.#host = host;
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      this.handler(request, response);
    });
    this.#server.on('connection', () => this.connections++);
    this.#server.on('tlsClientError', () => undefined);
  }

  async start(): Promise<void> {
    const certificate = await testCertificate([this.#host]);
    this.ca = certificate.cert;
    this.#server.setSecureContext(certificate);
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The did:web that this server may speak for. */
  did(path = ''): string {
    return `did:web:${HOST}%3A${this.port}${path}`;
  }

  /** Serves a DID document, to every path. */
  serve(document: unknown, headers: Record<string, string> = {}): void {
    this.handler = (_request, response) => {
      response.writeHead(200, {'content-type': 'application/did+json', ...headers});
      response.end(
        typeof document === 'string' || Buffer.isBuffer(document) ? document : JSON.stringify(document),
      );
    };
  }

  /** A resolver that takes this server for a public one: every host name is 127.0.0.1, and that address alone is allowed. */
  resolver(didWeb: DidWebOptions = {}, options: DidResolverOptions = {}): DidResolver {
    return createDidResolver({
      ...options,
      didWeb: {
        enabled: true,
        ports: [this.port],
        ca: this.ca,
        resolveAddresses: async () => ['127.0.0.1'],
        allowAddress: (address) => address === '127.0.0.1',
        ...didWeb,
      },
    });
  }
}
