import {createServer, type ServerResponse} from 'node:http';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import type {Metrics} from './metrics.ts';
import type {PrometheusMetrics} from './prometheus-metrics.ts';

export interface MetricsListener {
  /** What the rest of the server counts with. */
  readonly metrics: Metrics;
  /** Where it listens: the port is the real one where 0 was asked for. */
  readonly address: {readonly host: string; readonly port: number};
  close(): Promise<void>;
}

/** Answers `GET /metrics` on a listener of its own: metrics are the operator's, not the clients'. */
export async function startMetricsListener(listen: {host: string; port: number}): Promise<MetricsListener> {
  // Imported only where metrics are on: it costs a fifth of the time to start.
  const {PrometheusMetrics} = await import('./prometheus-metrics.ts');
  const metrics = new PrometheusMetrics();
  const server = createServer(
    {maxHeaderSize: 4096, requestTimeout: 5000, headersTimeout: 5000},
    (req, res) => {
      if (req.url !== '/metrics') return void res.writeHead(404).end();
      if (req.method !== 'GET') return void res.writeHead(405, {Allow: 'GET'}).end();
      void answer(metrics, res);
    },
  );
  server.maxConnections = 64;
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  return {
    metrics,
    address: {host: listen.host, port: (server.address() as AddressInfo).port},
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(metrics: PrometheusMetrics, res: ServerResponse): Promise<void> {
  try {
    const text = await metrics.render();
    res.writeHead(200, {'Content-Type': metrics.contentType}).end(text);
  } catch {
    res.writeHead(500).end();
  }
}
