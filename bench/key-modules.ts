/**
 * What it costs where keys are: CPU per signature (Ed25519, over HTTP on 16 connections) of all processes of a server whose keys are
 * in its own process, in the key process (WEBKMS_ISOLATION=process), and in a token of PKCS #11 (SoftHSM2, whose work is part of the
 * figure). All of them run at once, and are asked in turn. Run: `node bench/key-modules.ts [signatures in a round]`
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {freePort} from '../test/crash/free-port.ts';
import {inParallel, populate, signing} from '../test/demonstrations/population.ts';
import {RawClient} from '../test/support/signed-request.ts';
import {at} from './support/at.ts';
import {serve} from './support/serve.ts';
import {signingCosts, type Signing} from './support/signing-costs.ts';

const [signatures = '3000'] = process.argv.slice(2);
const CONNECTIONS = 16;
const KEYS = 16;
const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';
const PIN = '47110815';

/** A token of its own. @returns the settings of a server that has its keys there */
function makeToken(directory: string): Readonly<Record<string, string>> {
  const [tokens, configuration, pinFile] = ['tokens', 'softhsm2.conf', 'pin'].map((name) =>
    join(directory, name),
  );
  if (tokens === undefined || configuration === undefined || pinFile === undefined)
    throw new Error('Unreachable.');
  mkdirSync(tokens);
  writeFileSync(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  writeFileSync(pinFile, `${PIN}\n`, {mode: 0o600});
  const init = ['--init-token', '--free', '--label', 'bench', '--pin', PIN, '--so-pin', '08154711'];
  execFileSync('softhsm2-util', init, {env: {...process.env, SOFTHSM2_CONF: configuration}, stdio: 'ignore'});
  return {
    SOFTHSM2_CONF: configuration,
    WEBKMS_KEY_MODULES: 'pkcs11',
    WEBKMS_PKCS11_LIBRARY: SOFTHSM,
    WEBKMS_PKCS11_TOKEN: 'bench',
    WEBKMS_PKCS11_PIN_FILE: pinFile,
  };
}

async function start(
  name: string,
  environment: Readonly<Record<string, string>>,
  closing: AsyncDisposableStack,
): Promise<Signing> {
  const dataDir = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  closing.defer(() => rmSync(dataDir, {recursive: true, force: true}));
  const server = await serve({dataDir, port: await freePort()}, environment);
  closing.defer(() => server.stop());
  const clients = Array.from({length: CONNECTIONS}, () => new RawClient(server));
  closing.defer(() => {
    for (const client of clients) client.close();
  });
  const {keys} = at(await populate(server, {keystores: 1, keysPerKeystore: KEYS}), 0);
  const sign = (count: number): Promise<void> =>
    inParallel(clients, count, async (client, index) => {
      const {status} = await client.send(signing(at(keys, index % keys.length)));
      if (status !== 200) throw new Error(`Refused with ${status}.`);
    });
  return {name, server, sign};
}

await using closing = new AsyncDisposableStack();
const directory = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
closing.defer(() => rmSync(directory, {recursive: true, force: true}));
const places = [
  await start('keys in the process', {}, closing),
  await start('keys in the key process', {WEBKMS_ISOLATION: 'process'}, closing),
  await start('keys in SoftHSM2', makeToken(directory), closing),
];
const costs = await signingCosts(places, Number(signatures));
const plain = at(costs, 0).median;
for (const {name, median} of costs) {
  console.log(
    `${name}: ${median.toFixed(0)} µs of CPU a signature, ${(median - plain).toFixed(0)} more (${(median / plain).toFixed(2)} times)`,
  );
}
