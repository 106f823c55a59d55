import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {WatchedProcess} from './watched-process.ts';

const MODULE = new URL('./watched-process.ts', import.meta.url).href;
const SERVER = {command: 'sh', args: ['-c', 'echo listening on 1; exec sleep 1000']};

/** A zombie has ended, whoever is to take note of it. */
const isRunning = (pid: number): boolean =>
  /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], {encoding: 'utf8'}).stdout.trim());

describe('WatchedProcess', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'webkms-watched-'))));
  afterEach(async () => rm(directory, {recursive: true, force: true}));

  it('is ready when it says so, and ends when it is told to', async () => {
    const {process, matched} = await WatchedProcess.start({...SERVER, directory}, /listening on (\d+)/);
    expect(matched[1]).to.equal('1');
    expect(isRunning(process.pid)).to.equal(true);
    await process.end('SIGTERM');
    expect(isRunning(process.pid)).to.equal(false);
    expect(existsSync(directory)).to.equal(true);
  });

  it('says what it wrote where it ends at once', async () => {
    const options = {command: 'sh', args: ['-c', 'echo no such place >&2'], directory};
    const outcome = await WatchedProcess.start(options, /listening/).catch(String);
    expect(outcome).to.include('no such place');
  });

  for (const end of ['process.exit(3)', `process.kill(process.pid, 'SIGKILL')`, 'undefined']) {
    it(`goes with its directory when who started it goes: ${end}`, async () => {
      const program = `
        import {WatchedProcess} from ${JSON.stringify(MODULE)};
        const options = ${JSON.stringify({...SERVER, directory})};
        const {process: server} = await WatchedProcess.start(options, /listening/);
        console.log(server.pid);
        setTimeout(() => ${end}, 50);`;
      const parent = spawn(process.execPath, ['--input-type=module', '--eval', program]);
      const [text] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(text.toString());
      await once(parent, 'exit');
      while (existsSync(directory)) await sleep(20);
      expect(isRunning(pid)).to.equal(false);
    });
  }
});
