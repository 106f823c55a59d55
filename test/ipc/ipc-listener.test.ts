import {once} from 'node:events';
import {chmod, lstat, mkdir, mkdtemp, rename, rm, unlink, writeFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {IpcListener} from '../../lib/ipc/ipc-listener.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {refused} from '../client/refused.ts';

describe('the place of the IPC socket', () => {
  let folder: string;
  let path: string;
  let lines: {msg: string; level: string; reason?: string}[];
  const listeners: IpcListener[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
    path = join(folder, 'own', 'webkms.sock');
    lines = [];
  });
  afterEach(async () => {
    for (const listener of listeners.splice(0)) await listener.stop();
    await rm(folder, {recursive: true, force: true});
  });

  /** @param name what it says to who connects */
  const listen = async (name = 'a', waits = false, checkMs = 10): Promise<IpcListener> => {
    const listener = await IpcListener.start({
      ...{place: {path}, waits},
      log: createLogger({
        level: 'info',
        stream: {write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number])},
      }),
      onConnection: (socket) => void socket.end(name),
      onDrop: () => undefined,
      checkMs,
    });
    listeners.push(listener);
    return listener;
  };
  const said = async (text: string): Promise<void> => {
    while (!lines.some(({msg, reason = ''}) => `${msg} ${reason}`.includes(text))) await sleep(10);
  };
  /** Who answers there; the code of the error where nobody does. */
  const asked = async (): Promise<string> => {
    const socket = connect(path);
    try {
      const [data] = (await once(socket, 'data')) as [Buffer];
      return data.toString();
    } catch (error) {
      return String((error as {code?: unknown}).code);
    } finally {
      socket.destroy();
    }
  };

  it('gets its socket again where that was deleted, with the same mode', async () => {
    await listen();
    for (let times = 1; times <= 3; times++) {
      await unlink(path);
      while (lines.filter(({msg}) => msg === 'the IPC socket was made again').length < times) await sleep(10);
      expect(await asked()).to.equal('a');
      expect((await lstat(path)).mode & 0o777).to.equal(0o600);
    }
    expect(lines).to.have.length(3);
  });

  it('is made once, however long that takes', async () => {
    for (let times = 0; times < 10; times++) {
      const listener = await listen('a', false, 1);
      await listener.stop();
      expect(await asked()).to.equal('ENOENT');
    }
    expect(lines).to.deep.equal([]);
  });

  it('gets its directory again, too; but not what that is in', async () => {
    await listen();
    await rm(dirname(path), {recursive: true});
    await said('made again');
    expect(await asked()).to.equal('a');
    expect((await lstat(dirname(path))).mode & 0o777).to.equal(0o700);
    await rename(folder, `${folder}-moved`);
    await said('nobody can connect');
    await rename(`${folder}-moved`, folder);
    while ((await asked()) !== 'a') await sleep(10);
  });

  it('lets nobody in while its directory is open to others, and says so once', async () => {
    await listen();
    await chmod(dirname(path), 0o755);
    await said('must be this user’s'.replace('’', "'"));
    expect(await asked()).to.equal('ENOENT');
    await sleep(100);
    expect(lines.filter(({level}) => level === 'error')).to.have.length(1);
    await chmod(dirname(path), 0o700);
    await said('made again');
    expect(await asked()).to.equal('a');
  });

  it('is waited for by a worker that takes over, and is an error at the start', async () => {
    await mkdir(dirname(path), {mode: 0o755});
    expect((await refused(listen())).message).to.contain('mode 0700');
    await listen('a', true);
    await said('nobody can connect');
    await chmod(dirname(path), 0o700);
    while ((await asked()) !== 'a') await sleep(10);
  });

  it('lets nobody in while something else is there', async () => {
    await listen();
    await unlink(path);
    await writeFile(path, 'mine');
    await said('in the way');
    await unlink(path);
    await said('made again');
    expect(await asked()).to.equal('a');
  });

  it('is another server’s, where that has taken it, until it stops; its socket is not deleted', async () => {
    const first = await listen('first');
    // What deletes it is not told of by the system.
    await unlink(path);
    const second = await listen('second').catch(() => listen('second'));
    const [winner, loser] = (await asked()) === 'first' ? [first, second] : [second, first];
    await said('Another server listens');
    await loser.stop();
    expect(await asked()).to.equal(winner === first ? 'first' : 'second');
    await winner.stop();
    expect(await asked()).to.equal('ENOENT');
  });
});
