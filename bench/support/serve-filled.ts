import {randomInt} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {freePort} from '../../test/crash/free-port.ts';
import {at} from './at.ts';
import {fillStore, type Environment, type FilledKeystore} from './fill-store.ts';
import {serve, type BenchServer} from './serve.ts';

const KEYSTORES = 100;
/** Of a working set that stores of all sizes have in common: what is measured is the store, not the opening of keys. */
const WORKING_SET = 500;

/** A server over a store of its own that has very many keys. */
export interface FilledServer {
  readonly process: BenchServer;
  readonly port: number;
  readonly keystores: readonly FilledKeystore[];
  /** URLs of keys that were drawn. */
  readonly workingSet: readonly string[];
  readonly stop: () => Promise<void>;
}

export async function serveFilled(
  count: number,
  settings: (dataDir: string, baseUrl: string) => Promise<Environment>,
): Promise<FilledServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  const port = await freePort();
  const environment = await settings(dataDir, `https://localhost:${port}`);
  const keystores = await fillStore(environment, {keystores: KEYSTORES, count});
  const process = await serve({dataDir, port}, environment);
  const all = keystores.flatMap(({keys}) => keys);
  return {
    ...{process, port, keystores},
    workingSet: Array.from({length: WORKING_SET}, () => at(all, randomInt(all.length))),
    stop: async () => {
      await process.stop();
      rmSync(dataDir, {recursive: true, force: true});
    },
  };
}
