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
import {medianOf} from './speed/statistics.ts';
import {at} from './support/at.ts';
import {serve, type BenchServer} from './support/serve.ts';

const [signatures = '3000'] = process.argv.slice(2);
const CONNECTIONS = 16;
const ROUNDS = 7;
const KEYS = 16;
const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so';
const PIN = '47110815';

interface Subject {
  readonly name: string;
  readonly server: BenchServer;
  readonly clients: readonly RawClient[];
  readonly keys: readonly string[];
  /** Microseconds of CPU per signature, of each round. */
  readonly costs: number[];
}

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
): Promise<Subject> {
  const dataDir = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  closing.defer(() => rmSync(dataDir, {recursive: true, force: true}));
  const server = await serve({dataDir, port: await freePort()}, environment);
  closing.defer(() => server.stop());
  const clients = Array.from({length: CONNECTIONS}, () => new RawClient(server));
  closing.defer(() => {
    for (const client of clients) client.close();
  });
  const {keys} = at(await populate(server, {keystores: 1, keysPerKeystore: KEYS}), 0);
  return {name, server, clients, keys, costs: []};
}

async function round({server, clients, keys}: Subject): Promise<number> {
  const before = server.cpuSeconds();
  await inParallel(clients, Number(signatures), async (client, index) => {
    const {status} = await client.send(signing(at(keys, index % keys.length)));
    if (status !== 200) throw new Error(`Refused with ${status}.`);
  });
  return ((server.cpuSeconds() - before) / Number(signatures)) * 1e6;
}

await using closing = new AsyncDisposableStack();
const directory = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
closing.defer(() => rmSync(directory, {recursive: true, force: true}));
const subjects = [
  await start('keys in the process', {}, closing),
  await start('keys in the key process', {WEBKMS_ISOLATION: 'process'}, closing),
  await start('keys in SoftHSM2', makeToken(directory), closing),
];
// What is compiled, opened and remembered at first.
for (const subject of subjects) await round(subject);
for (let count = 0; count < ROUNDS; count++) {
  for (const subject of subjects) subject.costs.push(await round(subject));
}
const plain = medianOf(at(subjects, 0).costs);
for (const {name, costs} of subjects) {
  const cost = medianOf(costs);
  console.log(
    `${name}: ${cost.toFixed(0)} µs of CPU a signature, ${(cost - plain).toFixed(0)} more (${(cost / plain).toFixed(2)} times)`,
  );
}
