/**
 * What the IPC socket costs beside HTTPS: CPU per signature (Ed25519, sixteen at once) of all processes of a server with TLS and a log, whose keys
 * are in its own process, or in the key process (WEBKMS_ISOLATION=process). Both servers run at once; both ways are asked in turn.
 * Run: `node bench/ipc.ts [signatures in a round]`
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {IpcKms} from '../lib/client/local/ipc-kms.ts';
import {freePort} from '../test/crash/free-port.ts';
import {inParallel, populate, signing} from '../test/demonstrations/population.ts';
import {admin} from '../test/support/admin-command.ts';
import {RawClient} from '../test/support/signed-request.ts';
import {at} from './support/at.ts';
import {serve} from './support/serve.ts';
import {signingCosts, type Signing} from './support/signing-costs.ts';

const [signatures = '3000'] = process.argv.slice(2);
const AT_ONCE = 16;
const DATA = Buffer.from('data');

async function start(isolation: string, closing: AsyncDisposableStack): Promise<readonly Signing[]> {
  const folder = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  closing.defer(() => rmSync(folder, {recursive: true, force: true}));
  const [dataDir, credential, port] = [join(folder, 'data'), join(folder, 'app.json'), await freePort()];
  const environment = {
    WEBKMS_IPC: 'on',
    WEBKMS_TLS: 'self-signed',
    WEBKMS_LOG_LEVEL: 'info',
    WEBKMS_LOG_FILE: join(folder, 'log'),
  };
  const first = await serve({dataDir, port}, environment);
  const ca = readFileSync(join(dataDir, 'tls.crt'), 'utf8');
  const {id, keys} = at(await populate({...first, ca}, {keystores: 1, keysPerKeystore: 16}), 0);
  await first.stop();
  // While it is stopped, as an isolated server adds nobody.
  await admin(['ipc', 'add', 'app', '--keystore', id, '--out', credential], {dataDir, environment});

  const server = await serve({dataDir, port}, {...environment, WEBKMS_ISOLATION: isolation});
  closing.defer(() => server.stop());
  const clients = Array.from({length: AT_ONCE}, () => new RawClient({...server, ca}));
  closing.defer(() => {
    for (const client of clients) client.close();
  });
  const kms = await IpcKms.connect({credential});
  closing.defer(() => kms.destroy());
  const overHttps = (count: number): Promise<void> =>
    inParallel(clients, count, async (client, index) => {
      const {status} = await client.send(signing(at(keys, index % keys.length)));
      if (status !== 200) throw new Error(`Refused with ${status}.`);
    });
  const overIpc = async (count: number): Promise<void> => {
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count) await kms.sign(at(keys, next++ % keys.length), DATA);
    };
    await Promise.all(Array.from({length: AT_ONCE}, work));
  };
  const where = isolation === 'none' ? 'keys in the process' : 'keys in the key process';
  return [
    {name: `HTTPS, ${where}`, server, sign: overHttps},
    {name: `IPC, ${where}`, server, sign: overIpc},
  ];
}

await using closing = new AsyncDisposableStack();
const ways = [...(await start('none', closing)), ...(await start('process', closing))];
const costs = await signingCosts(ways, Number(signatures));
const plain = at(costs, 0).median;
for (const {name, median, least, most} of costs) {
  console.log(
    `${name}: ${median.toFixed(0)} µs of CPU a signature (${least.toFixed(0)}–${most.toFixed(0)}), ${(median / plain).toFixed(2)} times`,
  );
}
