import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {Agent} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {verifiesIndependently} from '../official-clients/independent-keys.ts';
import {OfficialClients} from '../official-clients/official-clients.ts';
import {controller} from '../support/did-key.ts';

const LAUNCHER = join(import.meta.dirname, '../../bin/webkms.js');
const LINE = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER = '_-ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const PASSPHRASE = 'correct horse battery staple';
const DATA = Buffer.from('data');
const type = 'Ed25519VerificationKey2020';

type Environment = Readonly<Record<string, string>>;

describe('webkms serve with a root of trust of', () => {
  const owner = controller('root wrapper: owner');
  const {signer: invocationSigner} = owner;
  let dir: string;
  let dataDir: string;
  let port: number;
  const running: ServerProcess[] = [];
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'webkms-root-'));
    dataDir = join(dir, 'data');
    port = await freePort();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.kill()));
    rmSync(dir, {recursive: true});
  });

  async function start(environment: Environment): Promise<{clients: OfficialClients; stop(): Promise<void>}> {
    const server = await ServerProcess.start({dataDir, port, environment});
    running.push(server);
    const httpsAgent = new Agent({ca: server.ca});
    return {clients: new OfficialClients({url: server.url, httpsAgent}), stop: () => server.stop()};
  }

  /** Runs the server where it should not start. `fd3`: a file that it gets as descriptor 3. */
  async function refused(environment: Environment, fd3?: string): Promise<string> {
    const env = {
      PATH: process.env['PATH'],
      WEBKMS_BASE_URL: `https://localhost:${port}`,
      WEBKMS_LISTEN: `127.0.0.1:${port}`,
      WEBKMS_DATA_DIR: dataDir,
      WEBKMS_LOG_LEVEL: 'silent',
      ...environment,
    };
    const fd = fd3 === undefined ? 'ignore' : openSync(fd3, 'r');
    const child = spawn(process.execPath, [LAUNCHER, 'serve'], {
      env,
      stdio: ['ignore', 'ignore', 'pipe', fd],
    });
    if (typeof fd === 'number') closeSync(fd);
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    let errors = '';
    child.stderr?.on('data', (chunk) => (errors += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    expect(code, errors).to.equal(1);
    return errors;
  }

  /** Makes a key that signs, stops the server, sees each refusal, and starts it again: the key still signs. */
  async function expectKeysSurvive(environment: Environment, refusals: () => Promise<void>): Promise<void> {
    const first = await start(environment);
    const {id: keystoreId} = await first.clients.createKeystore(owner);
    const {keyId, keyDescription} = await first.clients.kms(keystoreId).generateKey({type, invocationSigner});
    await first.stop();
    await refusals();
    const second = await start(environment);
    const signature = await second.clients.kms(keystoreId).sign({keyId, data: DATA, invocationSigner});
    expect(await verifiesIndependently(type, {description: keyDescription, data: DATA, signature})).to.equal(
      true,
    );
    await second.stop();
    const bytes = ['webkms.db', 'tls.crt']
      .map((name) => readFileSync(join(dataDir, name), 'latin1'))
      .join('');
    for (const secret of [LINE, PASSPHRASE]) expect(bytes).to.not.include(secret);
  }

  it('env: starts again with the same variable only', async () => {
    const environment = {WEBKMS_ROOT_WRAPPER: 'env:WEBKMS_ROOT_KEY'};
    expect(await refused(environment))
      .to.include('WEBKMS_ROOT_KEY is not set')
      .and.include('Make one');
    await expectKeysSurvive({...environment, WEBKMS_ROOT_KEY: LINE}, async () => {
      expect(await refused(environment)).to.include('is not set. The store was sealed with it');
      const foreign = await refused({...environment, WEBKMS_ROOT_KEY: OTHER});
      expect(foreign).to.include('is not the one that the store was sealed with').and.not.include(OTHER);
    });
  });

  it('passphrase: starts again with the same passphrase only', async () => {
    const path = join(dir, 'passphrase');
    const wrong = join(dir, 'wrong');
    writeFileSync(path, `${PASSPHRASE}\n`, {mode: 0o600});
    writeFileSync(wrong, 'a wrong passphrase\n', {mode: 0o600});
    await expectKeysSurvive({WEBKMS_ROOT_WRAPPER: `passphrase:file=${path}`}, async () => {
      rmSync(path);
      const byDescriptor = await refused({WEBKMS_ROOT_WRAPPER: 'passphrase:fd=3'}, wrong);
      expect(byDescriptor).to.include(`The passphrase file ${path} does not exist`);
      expect(byDescriptor).to.include('the setting does not help').and.include('The passphrase is wrong.');
      writeFileSync(path, 'a wrong passphrase\n', {mode: 0o600});
      expect(await refused({WEBKMS_ROOT_WRAPPER: `passphrase:file=${path}`}))
        .to.include('is not the one that the store was sealed with. The passphrase is wrong.')
        .and.not.include('a wrong');
      expect(await refused({WEBKMS_ROOT_WRAPPER: 'passphrase:prompt'})).to.include(
        'Standard input is no terminal',
      );
      writeFileSync(path, `${PASSPHRASE}\n`, {mode: 0o600});
    });
  });
});
