import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {expect} from 'chai';
import {WorkersServer} from './workers-server.ts';

const OPENED = 'Debugger listening on';

/** A process and all that it has begun. */
function family(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [pid, ...children.map(Number).flatMap(family)];
}

describe('the debugger of Node.js', function () {
  this.timeout(60_000);

  it('is opened by a signal in a process that does nothing about it', async () => {
    const script = 'setInterval(() => undefined, 1000); console.log("ready")';
    const child = spawn(process.execPath, ['--inspect-port=0', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGUSR1');
    const [said] = (await once(child.stderr.setEncoding('utf8'), 'data')) as [string];
    child.kill('SIGKILL');
    expect(said).to.include(OPENED);
  });

  for (const isolation of ['none', 'process']) {
    it(`is opened by none in any process of a server of several, WEBKMS_ISOLATION=${isolation}`, async () => {
      const server = await WorkersServer.start({environment: {WEBKMS_ISOLATION: isolation}});
      try {
        const pids = family(server.pid);
        expect(pids).to.have.length(isolation === 'none' ? 3 : 5);
        for (let round = 0; round < 2; round++) {
          for (const pid of pids) process.kill(pid, 'SIGUSR1');
          await delay(500);
        }
        expect(server.err + server.out).to.not.include(OPENED);
        expect(family(server.pid)).to.have.members(pids);
        expect(await server.get('/health/ready')).to.include({status: 200});
      } finally {
        await server.remove();
      }
    });
  }
});
