import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {chmod, mkdtemp, open, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {acquireDataDirectoryLock} from '../../lib/admin/data-directory-lock.ts';
import {lockOrServer} from '../../lib/cli/admin/lock-or-server.ts';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {packageVersion} from '../../lib/package-version.ts';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {admin, adminCommand} from '../support/admin-command.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));
const PASSPHRASE = 'correct horse battery staple';

interface Status {
  readonly server: string;
  readonly sealed: boolean;
  readonly roots: readonly {readonly id: string; readonly uri: string; readonly open: boolean}[];
}

describe('webkms admin', function () {
  this.timeout(60_000);
  let directory: string;
  let dataDir: string;
  let server: ServerProcess | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-cli-'));
    dataDir = join(directory, 'data');
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await rm(directory, {recursive: true, force: true});
  });

  const start = async (environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> =>
    (server = await ServerProcess.start({dataDir, port: await freePort(), environment}));
  const status = async (input = ''): Promise<Status> =>
    JSON.parse(await admin(['status', '--json'], {dataDir, input})) as Status;
  const sharesIn = (out: string): string[] =>
    out.split('\n').filter((line) => line.startsWith('webkms-share-'));

  it('asks the server that runs, and works on the store where none does, even one whose server was killed', async () => {
    await start();
    const [root] = (await status()).roots;
    expect(await status()).to.deep.include({server: 'running', release: packageVersion(), sealed: false});
    expect(await admin(['status'], {dataDir})).to.include(`server: running, release ${packageVersion()}\n`);
    await server?.kill();
    expect(existsSync(join(dataDir, 'admin.sock')), 'a stale socket').to.equal(true);
    const offline = await status();
    expect(offline).to.include({server: 'not running', sealed: false});
    expect(offline.roots.map(({id, open}) => ({id, open}))).to.deep.equal([{id: root?.id, open: true}]);
    await start();
    expect((await status()).server).to.equal('running');
  });

  it('finds no store, and makes none', async () => {
    for (const args of [
      ['status'],
      ['check'],
      ['rotate', '--all'],
      ['root', 'list'],
      ['backup', join(directory, 'b')],
    ]) {
      const {status: code, out, err} = await adminCommand(args, {dataDir});
      expect({code, out}).to.deep.equal({code: 1, out: ''});
      expect(err).to.match(/^webkms: There is no store at .*webkms\.db/);
    }
    expect(existsSync(dataDir)).to.equal(false);
  });

  it('lets several commands work on the store one after the other, and a server keep others out', async () => {
    await (await start()).stop();
    const outcomes = await Promise.all(
      ['check', 'status', 'jobs'].map((name) => adminCommand([name], {dataDir})),
    );
    expect(outcomes.map(({status: code, err}) => (code === 0 ? 0 : err))).to.deep.equal([0, 0, 0]);
    await start();
    let refusal = '';
    await ServerProcess.start({dataDir, port: await freePort()}).catch(
      (error: unknown) => (refusal = String(error)),
    );
    expect(refusal).to.contain('in use by another process. Another server runs on it');
    expect((await status()).server).to.equal('running');
  });

  it('asks the server that runs, and lets no other start, though the lock was deleted', async () => {
    await start();
    await rm(join(dataDir, 'lock'));
    expect(await status()).to.include({server: 'running'});
    const second = await ServerProcess.start({dataDir, port: await freePort()}).catch(
      (error: unknown) => error,
    );
    expect(second)
      .to.be.instanceOf(Error)
      .and.have.property('message')
      .that.contains('the file lock was deleted');
    expect(await status()).to.include({server: 'running'});
  });

  it('gives up on a process that has the directory and does not answer', async () => {
    await (await start()).stop();
    const settings = loadSettings({environment: {WEBKMS_DATA_DIR: dataDir}});
    const io = {interrupted: new AbortController().signal} as Parameters<typeof lockOrServer>[1]['io'];
    const attempt = () => lockOrServer(settings, {io, create: false, patienceMs: 600});
    const lock = await acquireDataDirectoryLock(dataDir);
    let message = '';
    await attempt().catch((error: unknown) => (message = String(error)));
    expect(message).to.contain('in use by another process that does not answer');
    setTimeout(() => lock.release(), 200);
    (await attempt())?.release();
  });

  it('seals and unseals the running server only', async () => {
    await start();
    expect(await admin(['seal'], {dataDir})).to.equal('The server is sealed.\n');
    expect(await status()).to.include({sealed: true});
    expect((await adminCommand(['rotate', '--all'], {dataDir})).err).to.contain('The server is sealed.');
    expect(await admin(['unseal'], {dataDir})).to.equal('The server is unsealed.\n');
    expect(await status()).to.include({sealed: false});
    expect(await admin(['unseal'], {dataDir})).to.contain('not sealed');
    await server?.stop();
    for (const name of ['seal', 'unseal']) {
      const {status: code, err} = await adminCommand([name], {dataDir});
      expect(code).to.equal(1);
      expect(err).to.match(/^webkms: No server runs on /);
    }
  });

  it('init makes shares once; without a server, what needs keys takes shares from standard input', async () => {
    const environment = {WEBKMS_ROOT_WRAPPER: 'shamir:2-of-3'};
    const [a = '', b = '', c = ''] = sharesIn(await admin(['init'], {dataDir, environment}));
    expect(c).to.match(/^webkms-share-1-/);
    expect((await stat(join(dataDir, 'webkms.db'))).mode & 0o777).to.equal(0o600);
    const again = await adminCommand(['init'], {dataDir, environment});
    expect([again.status, again.out]).to.deep.equal([1, '']);
    expect(again.err).to.contain('has a root of trust already');

    const check = async (...lines: readonly string[]): Promise<number | null> =>
      (await adminCommand(['check'], {dataDir, environment, input: lines.join('\n')})).status;
    expect(await check()).to.equal(1);
    expect(await check(a)).to.equal(1);
    expect(await check(a, a)).to.equal(1);
    expect(await check(a, 'nonsense', c)).to.equal(0);
    expect(await admin(['root', 'list'], {dataDir, environment})).to.contain('shamir:2-of-3');

    const {url} = await start(environment);
    expect(url).to.match(/^https/);
    expect(await status()).to.include({sealed: true});
    const one = await adminCommand(['unseal'], {dataDir, input: `${b}\n`});
    expect(one.status).to.equal(1);
    expect(one.err).to.contain('1 of 2');
    expect(await admin(['unseal', '--reset'], {dataDir})).to.contain('forgotten');
    const other = await adminCommand(['unseal'], {dataDir, input: `${a}\n`});
    expect([other.status, other.err]).to.deep.equal([1, one.err], 'the first again');
    expect(await admin(['unseal'], {dataDir, input: `${c}\n`}), "another person's").to.contain('unsealed');
  });

  it('adds roots: of a passphrase, of a file beside the operator; and unseals by the passphrase', async () => {
    const log = join(directory, 'log');
    await start({WEBKMS_LOG_FILE: log, WEBKMS_LOG_LEVEL: 'trace'});
    const add = (uri: string, input = '') => adminCommand(['root', 'add', uri], {dataDir, input});
    expect((await add('passphrase:prompt')).status, 'none given').to.equal(2);
    expect((await add('passphrase:prompt', 'tiny-pw\n')).status).to.equal(1);
    expect((await add('passphrase:prompt', `${PASSPHRASE}\n`)).status).to.equal(0);
    expect((await add('passphrase:fd=0', `${PASSPHRASE}\n`)).err).to.contain('at the start only');
    expect((await add('nonsense:x')).status).to.equal(2);

    const file = join(directory, 'other.key');
    expect((await add(`file:${relative(process.cwd(), file)}`)).out).to.contain('Back it up');
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    const {roots} = await status();
    expect(roots.map(({uri}) => uri)).to.deep.equal([
      `file:${join(dataDir, 'root.key')}`,
      'passphrase:prompt',
      `file:${file}`,
    ]);

    const unconfirmed = await adminCommand(['root', 'retire', roots[0]?.id ?? ''], {dataDir, input: 'yes\n'});
    expect(unconfirmed).to.include({status: 2, out: ''});
    expect(unconfirmed.err).to.contain('give --yes');
    expect((await status()).roots).to.deep.equal(roots);
    for (const {id, uri} of roots) {
      if (uri.startsWith('file:')) await admin(['root', 'retire', id, '--yes'], {dataDir});
    }
    await admin(['seal'], {dataDir});
    const wrong = await adminCommand(['unseal'], {dataDir, input: 'wrong horse battery staple\n'});
    expect(wrong.status).to.equal(1);
    expect(await status()).to.include({sealed: true});
    expect(await admin(['unseal'], {dataDir, input: `${PASSPHRASE}\n`})).to.contain('unsealed');
    expect(
      (await adminCommand(['root', 'retire', roots[1]?.id ?? '', '--yes'], {dataDir})).status,
      'the last',
    ).to.equal(1);

    await server?.stop();
    const logged = await readFile(log, 'utf8');
    expect(logged).to.contain('"operation":"root.add","outcome":"done"').and.contain('"operation":"unseal"');
    for (const secret of ['horse', 'tiny-pw']) expect(logged).not.to.contain(secret);
  });

  it('says why a sealed server cannot be unsealed', async () => {
    await start();
    await admin(['seal'], {dataDir});
    const key = join(dataDir, 'root.key');
    await rename(key, `${key}.away`);
    const {status: code, err} = await adminCommand(['unseal'], {dataDir, input: 'anything\n'});
    expect(code).to.equal(1);
    expect(err).to.contain('No root of trust can be opened now.').and.contain('does not exist');
    await rename(`${key}.away`, key);
    expect(await admin(['unseal'], {dataDir})).to.contain('unsealed');
  });

  it('init makes nothing where the root of trust is not in shares', async () => {
    const {status: code, out, err} = await adminCommand(['init'], {dataDir});
    expect({code, out}).to.deep.equal({code: 1, out: ''});
    expect(err).to.contain('There is no store');
    expect(existsSync(dataDir)).to.equal(false);
  });

  it('rotates, and a rotation goes on in the server where the command is interrupted', async () => {
    await start();
    const child = spawn(process.execPath, [LAUNCHER, 'admin', 'rotate', '--all', '--rewrap', '--prune'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {PATH: process.env['PATH'], WEBKMS_DATA_DIR: dataDir},
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code, err).to.equal(130);
    expect(err).to.contain('The job goes on in the server');
    // The same command takes it up again.
    const [first, second] = await Promise.all([
      admin(['rotate', '--all', '--rewrap', '--prune', '--json'], {dataDir}),
      admin(['rotate', '--all', '--rewrap', '--prune', '--json'], {dataDir}),
    ]);
    const {job, failure} = JSON.parse(first) as {job: string; failure?: string};
    expect(failure).to.equal(undefined);
    expect(JSON.parse(second)).to.include({job});
    const jobs = JSON.parse(await admin(['jobs', '--json'], {dataDir})) as {finished: {id: string}[]};
    expect(jobs.finished.map(({id}) => id)).to.deep.equal([job]);
    expect(await admin(['rewrap'], {dataDir}), 'of all').to.contain('rows sealed anew: 0');
    const other = await adminCommand(['rotate', '--keystore', 'https://localhost/kms/keystores/none'], {
      dataDir,
    });
    expect(other.err).to.contain('There is no such keystore.');
  });

  it('checks, anchors and backs up the same with a server and without', async () => {
    await start();
    const files = [join(directory, 'a'), join(directory, 'b')];
    for (const file of files) {
      await writeFile(`${file}.anchor`, await admin(['anchor'], {dataDir}));
      expect(
        await admin(['check', '--anchor', relative(process.cwd(), `${file}.anchor`)], {dataDir}),
      ).to.contain('The database is as it was written.');
      const {errors, findings} = JSON.parse(await admin(['check', '--json'], {dataDir})) as {
        errors: number;
        findings: string[];
      };
      expect({errors, findings}).to.deep.equal({errors: 0, findings: []});
      await admin(['backup', relative(process.cwd(), file)], {dataDir});
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
      await server?.stop();
    }
    const missing = await adminCommand(['check', '--anchor', join(directory, 'none')], {dataDir});
    expect(missing.status).to.equal(1);
    await start();
    const restore = await adminCommand(['restore', files[0] ?? ''], {dataDir});
    expect(restore.err).to.contain('A server runs on the data directory. Stop it first.');
  });

  it('fails where its output is lost, so that no cut anchor passes for one', async function () {
    if (!existsSync('/dev/full')) this.skip();
    await start();
    const writing = async (
      path: string,
      ...args: readonly string[]
    ): Promise<{code: number | null; err: string}> => {
      await using file = await open(path, 'w');
      const child = spawn(process.execPath, [LAUNCHER, 'admin', ...args], {
        stdio: ['ignore', file.fd, 'pipe'],
        env: {PATH: process.env['PATH'], WEBKMS_DATA_DIR: dataDir},
      });
      let err = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
      const [code] = (await once(child, 'close')) as [number | null];
      return {code, err};
    };
    const {code, err} = await writing('/dev/full', 'anchor');
    expect(code).to.equal(1);
    expect(err)
      .to.contain('(ENOSPC): what is there is not complete')
      .and.not.contain('The anchor is complete');
    expect(await writing(join(directory, 'anchor'), 'anchor')).to.include({code: 0});

    const lost = await writing('/dev/full', 'root', 'add', 'shamir:2-of-3');
    expect(lost.code).to.equal(1);
    expect(lost.err).not.to.contain('webkms-share-').and.not.contain('shown this once');
    const [, id = ''] =
      /Shares are lost\. Begin again: webkms admin root retire (rw_\S+), /.exec(lost.err) ?? [];
    expect(await admin(['root', 'retire', id, '--yes'], {dataDir})).to.contain('Retired');
  });

  it('is stopped by a signal while it waits for a share', async () => {
    await start();
    await admin(['root', 'add', 'shamir:2-of-3'], {dataDir});
    const child = spawn(process.execPath, [LAUNCHER, 'admin', 'unseal'], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: {PATH: process.env['PATH'], WEBKMS_DATA_DIR: dataDir},
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.write('nonsense\n');
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).to.equal(130);
    expect(err).to.contain('webkms: interrupted.');
  });

  it('refuses another user, whose files a server could not read', async function () {
    if (process.getuid?.() !== 0) this.skip();
    await start();
    await chmod(directory, 0o755);
    const asNobody = async (): Promise<string> => {
      // The first time as root, which loads the code: the other user may not be able to read where it lies.
      const script =
        'const {main} = await import(process.argv[1]); const status = () => main(["admin", "status"]);' +
        'if ((await status()) !== 0) throw new Error("It fails anyway."); process.seteuid(65534);' +
        'process.exitCode = await status();';
      const module = new URL('../../lib/cli/main.ts', import.meta.url).href;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, module], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {PATH: process.env['PATH'], WEBKMS_DATA_DIR: dataDir},
      });
      let err = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      const [code] = (await once(child, 'close')) as [number | null];
      expect(code).to.equal(1);
      return err;
    };
    expect(await asNobody()).to.contain('cannot get at');
    await chmod(dataDir, 0o755);
    expect(await asNobody()).to.contain('belongs to another user');
  });
});
