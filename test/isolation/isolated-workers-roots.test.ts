import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {populate} from '../demonstrations/population.ts';
import {isRunning, killProcess, WorkersServer} from '../processes/workers-server.ts';
import {admin} from '../support/admin-command.ts';
import {skipFor} from '../support/missing-program.ts';
import {SoftHsmToken} from '../support/softhsm-token.ts';
import {IsolatedWorkers} from './isolated-workers-scene.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));
const PASSPHRASE = 'correct horse battery staple';

describe('two workers, whose key processes open a root of trust', function () {
  this.timeout(120_000);
  let dir: string;
  let scene: IsolatedWorkers | undefined;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'webkms-isolated-roots-'));
  });
  afterEach(async () => {
    await scene?.server.remove();
    scene = undefined;
    await rm(dir, {recursive: true, force: true});
  });

  const expectToSign = async (workers: IsolatedWorkers): Promise<void> => {
    const [keystore] = await populate(workers.population, {keystores: 1, keysPerKeystore: 1});
    expect(await workers.sign(keystore?.keys[0] ?? '')).to.deep.equal([200, 200]);
  };

  it('in a token, each by itself', async function () {
    const token = await SoftHsmToken.create(this);
    try {
      scene = await IsolatedWorkers.start({
        environment: {
          SOFTHSM2_CONF: token.configuration,
          WEBKMS_ROOT_WRAPPER: 'pkcs11:token=webkms-test;object=webkms-root',
          WEBKMS_PKCS11_LIBRARY: token.library,
          WEBKMS_PKCS11_PIN_FILE: token.pinFile,
        },
      });
      await expectToSign(scene);
      const before = scene.keyProcess(2);
      killProcess(before);
      await scene.another(2, before);
      expect(await scene.sealed()).to.deep.equal([false, false]);
      await expectToSign(scene);
    } finally {
      await token.delete();
    }
  });

  it('of a passphrase in a file', async () => {
    const file = join(dir, 'passphrase');
    await writeFile(file, `${PASSPHRASE}\n`, {mode: 0o600});
    scene = await IsolatedWorkers.start({environment: {WEBKMS_ROOT_WRAPPER: `passphrase:file=${file}`}});
    await expectToSign(scene);
  });

  it('of a passphrase that a person is asked for, once for all', async function () {
    if (spawnSync('script', ['--version']).error) skipFor(this, 'script is not installed: no terminal');
    const port = await freePort();
    const dataDir = join(dir, 'data');
    const terminal = spawn('script', ['-qfec', `${process.execPath} ${LAUNCHER} serve`, '/dev/null'], {
      env: {
        PATH: process.env['PATH'],
        WEBKMS_ISOLATION: 'process',
        WEBKMS_WORKERS: '2',
        WEBKMS_ROOT_WRAPPER: 'passphrase:prompt',
        WEBKMS_SELF_CHECK: 'off',
        WEBKMS_DATA_DIR: dataDir,
        WEBKMS_BASE_URL: `https://localhost:${port}`,
        WEBKMS_LISTEN: `127.0.0.1:${port}`,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(terminal, 'exit');
    let said = '';
    for await (const text of terminal.stdout.setEncoding('utf8')) {
      const before = said;
      said += String(text);
      for (const question of ['New passphrase for the root of trust: ', 'The same again: '])
        if (said.includes(question) && !before.includes(question)) terminal.stdin.write(`${PASSPHRASE}\r`);
      if (said.includes('To stop it')) break;
    }
    const status = async (): Promise<{workers: {pid: number; number: number; sealed?: boolean}[]}> =>
      JSON.parse(await admin(['status', '--json'], {dataDir})) as never;
    const {workers} = await status();
    expect(workers.map(({sealed}) => sealed)).to.deep.equal([false, false]);
    expect(said.split('passphrase for')).to.have.length(2);
    expect(said).not.to.include(PASSPHRASE);
    // As the terminal does by Ctrl+C.
    terminal.stdin.write('\u0003');
    await ended;
    expect(workers.filter(({pid}) => isRunning(pid))).to.deep.equal([]);
  });

  it('not of what the processes that answer requests would have read', async () => {
    for (const root of ['env:WEBKMS_ROOT_KEY', 'passphrase:fd=3']) {
      const server = await WorkersServer.spawn({
        environment: {WEBKMS_ISOLATION: 'process', WEBKMS_ROOT_WRAPPER: root, WEBKMS_LOG_LEVEL: 'silent'},
      });
      try {
        expect(await server.exited).to.deep.equal([2, null]);
        expect(server.err).to.include('WEBKMS_ROOT_WRAPPER is read by the process that answers requests');
      } finally {
        await server.remove();
      }
    }
  });
});
