import {join, resolve} from 'node:path';
import type {PopulatedServer} from '../../test/demonstrations/population.ts';
import {startProcess, type BenchProcess} from './bench-process.ts';

const HERE = join(import.meta.dirname, '../..');

/** `webkms serve`, and what its processes use. Linux only (/proc). */
export interface BenchServer extends PopulatedServer, BenchProcess {
  /** Of all its processes since they began, in seconds. */
  cpuSeconds(): number;
}

export interface BenchPlace {
  readonly dataDir: string;
  readonly port: number;
  /** Of the project; another one to be compared with. */
  readonly project?: string | undefined;
}

/** @param environment what differs from a server without TLS and limits */
export async function serve(
  {dataDir, port, project = HERE}: BenchPlace,
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  const baseUrl = environment['WEBKMS_BASE_URL'] ?? `https://localhost:${port}`;
  const server = await startProcess(join(resolve(project), 'bin/webkms.js'), {
    args: ['serve'],
    environment: {
      WEBKMS_BASE_URL: baseUrl,
      WEBKMS_LISTEN: `127.0.0.1:${port}`,
      WEBKMS_TLS: 'off',
      WEBKMS_DATA_DIR: dataDir,
      WEBKMS_RATE_LIMIT: 'off',
      WEBKMS_LOG_LEVEL: 'error',
      ...environment,
    },
  });
  return {...server, baseUrl, port, ca: undefined, cpuSeconds: () => server.cpuMicroseconds() / 1e6};
}
