import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {listenPrivately, lookAtSocket} from '../lib/unix-socket.ts';

describe('Unix sockets', () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-socket-'));
    path = join(directory, 's');
  });

  afterEach(() => rm(directory, {recursive: true}));

  it('says what lies there: nothing, a server’s, what a killed one left, or something else', async () => {
    expect(await lookAtSocket(path)).to.equal('free');
    const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script, path]);
    expect((await stat(path)).isSocket()).to.equal(true);
    expect(await lookAtSocket(path)).to.equal('stale');
    await rm(path);

    const server = createServer();
    await listenPrivately(server, path);
    expect(await lookAtSocket(path)).to.equal('in-use');
    const link = join(directory, 'link');
    await symlink(path, link);
    expect(await lookAtSocket(link)).to.equal('no-socket');
    server.close();
    await once(server, 'close');

    await writeFile(path, '');
    expect(await lookAtSocket(path)).to.equal('no-socket');
  });

  it('listens so that nobody else may connect, and leaves the mask as it was, also where it cannot', async () => {
    const before = process.umask(0o022);
    const server = createServer();
    const modeOf = async (name: string): Promise<number> => (await stat(join(directory, name))).mode & 0o777;
    try {
      await listenPrivately(server, path);
      expect(await modeOf('s')).to.equal(0o600);
      await writeFile(join(directory, 'after'), '');
      expect(await modeOf('after')).to.equal(0o644);

      const missing = join(directory, 'missing', 's');
      const refused = await listenPrivately(createServer(), missing).catch((error: unknown) => error);
      expect(refused).to.be.an('error').with.property('syscall', 'listen');
      await writeFile(join(directory, 'later'), '');
      expect(await modeOf('later')).to.equal(0o644);
    } finally {
      process.umask(before);
      server.close();
    }
  });
});
