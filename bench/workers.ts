/**
 * What a second worker brings: signatures per second and CPU with WEBKMS_WORKERS=1 and 2, in turn, on the same store. Where the
 * machine has no processors left for the clients, they take what the second worker would have: the last line says what the
 * servers' own time would give. Run: `node bench/workers.ts [seconds] [WEBKMS_STORAGE]`
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {availableParallelism, tmpdir} from 'node:os';
import {join} from 'node:path';
import {freePort} from '../test/crash/free-port.ts';
import {inParallel, populate, signing} from '../test/demonstrations/population.ts';
import {RawClient} from '../test/support/signed-request.ts';
import {at} from './support/at.ts';
import {serve} from './support/serve.ts';

const [seconds = '10', storage] = process.argv.slice(2);
const CONNECTIONS = 16;
const ROUNDS = 3;

interface Figures {
  readonly perSecond: number;
  /** Seconds of CPU per second. */
  readonly serverLoad: number;
  readonly clientLoad: number;
}

async function measure(
  workers: number,
  place: {readonly dataDir: string; readonly port: number},
): Promise<Figures> {
  const server = await serve(place, {
    WEBKMS_WORKERS: String(workers),
    ...(storage !== undefined && {WEBKMS_STORAGE: storage}),
  });
  const clients = Array.from({length: CONNECTIONS}, () => new RawClient(server));
  try {
    const {keys} = at(await populate(server, {keystores: 1, keysPerKeystore: 16}), 0);
    const sign = async (client: RawClient, index: number): Promise<void> => {
      const {status} = await client.send(signing(at(keys, index % keys.length)));
      if (status !== 200) throw new Error(`Refused with ${status}.`);
    };
    await inParallel(clients, 2000, sign);
    const [startedAt, serverBefore, clientBefore] = [
      performance.now(),
      server.cpuSeconds(),
      process.cpuUsage(),
    ];
    let count = 0;
    while (performance.now() - startedAt < Number(seconds) * 1000) {
      await inParallel(clients, 500, sign);
      count += 500;
    }
    const elapsed = (performance.now() - startedAt) / 1000;
    const {user, system} = process.cpuUsage(clientBefore);
    return {
      perSecond: count / elapsed,
      serverLoad: (server.cpuSeconds() - serverBefore) / elapsed,
      clientLoad: (user + system) / 1e6 / elapsed,
    };
  } finally {
    for (const client of clients) client.close();
    await server.stop();
  }
}

const dataDir = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
try {
  const place = {dataDir, port: await freePort()};
  const figures = new Map<number, Figures[]>([
    [1, []],
    [2, []],
  ]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [workers, list] of figures) list.push(await measure(workers, place));
  }
  const medians = [...figures].map(([workers, list]) => {
    const median = at(
      list.sort((a, b) => a.perSecond - b.perSecond),
      Math.floor(ROUNDS / 2),
    );
    const {perSecond, serverLoad, clientLoad} = median;
    console.log(
      `${workers} worker${workers === 1 ? ' ' : 's'}: ${perSecond.toFixed(0)} signatures a second; processors in use: ` +
        `server ${serverLoad.toFixed(2)}, client ${clientLoad.toFixed(2)}; ` +
        `${((serverLoad * 1000) / perSecond).toFixed(3)} ms of CPU each`,
    );
    return median;
  });
  const [one, two] = [at(medians, 0), at(medians, 1)];
  const cost = ({serverLoad, perSecond}: Figures): number => serverLoad / perSecond;
  console.log(
    `two workers: ${(two.perSecond / one.perSecond).toFixed(2)} times the signatures of one, on ${availableParallelism()} processors; ` +
      `where the client had its own: ${((2 * cost(one)) / cost(two)).toFixed(2)} times`,
  );
} finally {
  rmSync(dataDir, {recursive: true, force: true});
}
