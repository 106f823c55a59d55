import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {createServer, type AddressInfo, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {
  confine,
  type Confinement,
  type ConfinementOptions,
} from '../../../lib/isolation/http-side/confinement.ts';

const PROBE = fileURLToPath(new URL('probe.ts', import.meta.url));

interface Attempt {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly code?: string;
}
type Outcomes = Readonly<Record<string, Attempt>> & {
  readonly interfaces: readonly string[];
  readonly environment: readonly string[];
};

describe('confinement of the key process', () => {
  let directory: string;
  let server: Server;
  let confinement: Confinement;
  let outcomes: Outcomes;
  let unconfined: Outcomes;

  const files = (): {allowed: string; forbidden: string} => ({
    allowed: join(directory, 'root.key'),
    forbidden: join(directory, 'other'),
  });

  const run = (command: readonly string[]): Outcomes => {
    const {port} = server.address() as AddressInfo;
    const [program = '', ...parameters] = command;
    const told = JSON.stringify({...files(), port});
    const {stdout, stderr} = spawnSync(program, [...parameters, told], {
      encoding: 'utf8',
      env: {PATH: process.env['PATH']},
    });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Outcomes;
  };

  const probe = async (options: Partial<ConfinementOptions> = {}): Promise<Outcomes> => {
    const {allowed} = files();
    const {command} = await confine({readable: [allowed, PROBE], writable: [], outside: false, ...options});
    return run([...command.slice(0, -1), PROBE]);
  };

  before(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'webkms-confinement-')));
    await writeFile(files().allowed, 'allowed');
    await writeFile(files().forbidden, 'forbidden');
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    confinement = await confine({readable: [], writable: [], outside: false});
    outcomes = await probe();
    await writeFile(files().allowed, 'allowed');
    unconfined = run([process.execPath, PROBE]);
    await writeFile(files().allowed, 'allowed');
  });

  after(async () => {
    server.close();
    await rm(directory, {recursive: true});
  });

  it('reads the files of its list', () => {
    expect(outcomes['readAllowed']).to.deep.equal({ok: true, value: 'allowed'});
  });

  for (const [what, code] of [
    ['readForbidden', 'ERR_ACCESS_DENIED'],
    ['readProc', 'ERR_ACCESS_DENIED'],
    ['list', 'ERR_ACCESS_DENIED'],
    ['write', 'ERR_ACCESS_DENIED'],
    ['overwrite', 'ERR_ACCESS_DENIED'],
    ['spawn', 'ERR_ACCESS_DENIED'],
    ['addon', 'ERR_DLOPEN_DISABLED'],
    ['inspector', 'ERR_ACCESS_DENIED'],
    ['database', 'ERR_UNKNOWN_BUILTIN_MODULE'],
  ] as const) {
    it(`refuses ${what}, which goes without confinement`, () => {
      expect(outcomes[what]).to.deep.equal({ok: false, code});
      if (what === 'addon') expect(unconfined[what]?.code).to.equal('ERR_DLOPEN_FAILED');
      else expect(unconfined[what]?.ok).to.equal(true);
    });
  }

  it('refuses it in threads, too', () => {
    expect(outcomes['thread']?.value).to.deep.equal([
      'ERR_ACCESS_DENIED',
      'ERR_ACCESS_DENIED',
      'ERR_DLOPEN_DISABLED',
      'ERR_UNKNOWN_BUILTIN_MODULE',
    ]);
  });

  it('reaches no network, and has none', function () {
    if (confinement.network === 'open') {
      // Only where neither root nor an unprivileged user may make a namespace.
      if (process.env['CI'] === 'true') throw new Error('CI must allow network namespaces.');
      this.skip();
    }
    expect(unconfined['connect']).to.deep.equal({ok: true, value: true});
    expect(outcomes['connect']?.ok).to.equal(false);
    expect(outcomes.interfaces).to.deep.equal([]);
  });

  it('may use native code where a key module needs it, and nothing else with it', async () => {
    const {addon, readForbidden, spawn} = await probe({outside: true});
    expect(addon?.code).to.equal('ERR_DLOPEN_FAILED');
    expect(readForbidden?.code).to.equal('ERR_ACCESS_DENIED');
    expect(spawn?.code).to.equal('ERR_ACCESS_DENIED');
  });

  it('leaves no core file', () => {
    const [, , script = ''] = confinement.command;
    const {stdout} = spawnSync('/bin/sh', ['-c', script, 'sh', 'sh', '-c', 'ulimit -c'], {encoding: 'utf8'});
    expect(stdout.trim()).to.equal('0');
  });
});
