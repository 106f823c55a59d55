import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {freePort} from '../../test/crash/free-port.ts';
import {wireBytes} from '../../test/support/signed-request.ts';
import {Scene} from '../scene/scene.ts';
import {startProcess, type BenchProcess} from '../support/bench-process.ts';
import {serve} from '../support/serve.ts';
import {openTlsFront} from '../support/tls-front.ts';
import {checkConformance} from './check-conformance.ts';
import type {Column} from './column.ts';

const REFERENCE = join(import.meta.dirname, '../servers/reference-server.ts');

/** A server with keys. */
export interface KmsColumn extends Column {
  readonly scene: Scene;
}

/** The reference in memory, or this server on SQLite; asked for what it should do by the official client before it is measured. */
export async function startReferenceColumn(): Promise<KmsColumn> {
  return startKmsColumn('reference', async (publicPort) =>
    startProcess(REFERENCE, {args: [`localhost:${publicPort}`], environment: {NODE_ENV: 'production'}}),
  );
}

/**
 * This server with everything on, as an operator would have it: authorisation, sealing, integrity, rates (that nobody reaches),
 * metrics, and its log at level `info` in a file.
 * @param options.project another directory that the project lies in
 * @param options.environment further settings
 */
export async function startServerColumn({
  name,
  project,
  environment = {},
}: {
  readonly name: 'server' | 'beside';
  readonly project?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<KmsColumn> {
  const dataDir = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  const column = await startKmsColumn(name, async (publicPort) => {
    const port = await freePort();
    const settings = await everythingOn(dataDir, `https://localhost:${publicPort}`);
    return serve({dataDir, port, project}, {...settings, ...environment});
  });
  return {
    ...column,
    stop: async () => {
      await column.stop();
      rmSync(dataDir, {recursive: true, force: true});
    },
  };
}

/** Settings of this server for a benchmark: limits are there and are not reached. */
export async function everythingOn(
  dataDir: string,
  baseUrl: string,
): Promise<Readonly<Record<string, string>>> {
  return {
    WEBKMS_BASE_URL: baseUrl,
    WEBKMS_LOG_LEVEL: 'info',
    WEBKMS_LOG_FILE: join(dataDir, 'webkms.log'),
    WEBKMS_METRICS_LISTEN: `127.0.0.1:${await freePort()}`,
    WEBKMS_RATE_LIMIT: '100000000/1s',
    WEBKMS_MAX_KEYS_PER_KEYSTORE: '1000000000',
    WEBKMS_MAX_REVOCATIONS_PER_DELEGATOR: '1000000000',
  };
}

async function startKmsColumn(
  name: 'reference' | 'server' | 'beside',
  start: (publicPort: number) => Promise<BenchProcess>,
): Promise<KmsColumn> {
  const front = await openTlsFront();
  const process = await start(front.port);
  const port = Number(new URL(process.listensOn).port);
  const baseUrl = `https://localhost:${front.port}`;
  front.passTo(port);
  try {
    await checkConformance(baseUrl, front.ca);
    const scene = await Scene.create({port}, baseUrl);
    return {
      ...{name, process, port, scene},
      make: async ({make, makeForReference}, count) => {
        const ask = name === 'reference' && makeForReference !== undefined ? makeForReference : make;
        return ask === null ? undefined : (await ask(scene, count)).map(wireBytes);
      },
      isExpected: ({isRefused = false}, status) =>
        isRefused ? status >= 400 && status < 500 : status >= 200 && status < 300,
      stop: () => process.stop(),
    };
  } catch (error) {
    await process.stop();
    throw error;
  } finally {
    await front.close();
  }
}
