import {createServer, type ServerResponse} from 'node:http';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';

/** What `/metrics` answers. */
export interface MetricsSource {
  readonly contentType: string;
  render(): Promise<string>;
}

export interface MetricsListener {
  /** Where it listens: the port is the real one where 0 was asked for. */
  readonly address: {readonly host: string; readonly port: number};
  close(): Promise<void>;
}

/** Answers `GET /metrics` on a listener of its own: metrics are the operator's, not the clients'. */
export async function startMetricsListener(
  listen: {readonly host: string; readonly port: number},
  source: MetricsSource,
): Promise<MetricsListener> {
  const server = createServer(
    {maxHeaderSize: 4096, requestTimeout: 5000, headersTimeout: 5000},
    (req, res) => {
      if (req.url !== '/metrics') return void res.writeHead(404).end();
      if (req.method !== 'GET') return void res.writeHead(405, {Allow: 'GET'}).end();
      void answer(source, res);
    },
  );
  server.maxConnections = 64;
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  return {
    address: {host: listen.host, port: (server.address() as AddressInfo).port},
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** For the person who has started the server. */
export function metricsNotice({host, port}: MetricsListener['address']): string {
  return `metrics on http://${host}:${port}/metrics`;
}

async function answer(source: MetricsSource, res: ServerResponse): Promise<void> {
  try {
    const text = await source.render();
    res.writeHead(200, {'Content-Type': source.contentType}).end(text);
  } catch {
    res.writeHead(500).end();
  }
}
