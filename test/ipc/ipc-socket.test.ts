import {once} from 'node:events';
import {chmod, lstat, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {IpcSocketError, listenForIpc} from '../../lib/ipc/ipc-socket.ts';
import {refused} from '../client/refused.ts';

describe('the IPC socket', () => {
  let folder: string;
  let path: string;
  const servers: Server[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
    path = join(folder, 'own', 'webkms.sock');
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await rm(folder, {recursive: true, force: true});
  });

  const listen = async (place = {path}): Promise<Server> => {
    const {server} = await listenForIpc(place, (socket) => socket.destroy());
    servers.push(server);
    return server;
  };
  const modeOf = async (file: string): Promise<number> => (await lstat(file)).mode & 0o777;

  it('is in a directory that nobody else may look into, which is made for it', async () => {
    await listen();
    expect(await modeOf(join(folder, 'own'))).to.equal(0o700);
    expect(await modeOf(path)).to.equal(0o600);
  });

  it('is not made where others may look, or something else lies', async () => {
    await mkdir(join(folder, 'own'), {mode: 0o755});
    expect(await refused(listen())).to.be.instanceOf(IpcSocketError);
    await chmod(join(folder, 'own'), 0o700);
    await writeFile(path, 'mine');
    expect((await refused(listen())).message).to.contain('no socket');
    await rm(path);
    await listen();
  });

  it('is not taken from a server that lives, and is from one that is dead', async () => {
    await mkdir(join(folder, 'own'), {mode: 0o700});
    const dead = createServer().listen(path);
    await once(dead, 'listening');
    expect((await refused(listen())).message).to.contain('Another server');
    dead.close();
    await once(dead, 'close');
    await listen();
  });

  it('is for a group, too, where one is named', async () => {
    const group = process.getegid?.() ?? 0;
    await listen({path, group} as {path: string});
    expect(await modeOf(join(folder, 'own'))).to.equal(0o710);
    expect(await modeOf(path)).to.equal(0o660);
  });

  it('has a path that the system takes', async () => {
    const long = join(folder, 'x'.repeat(120));
    expect((await refused(listen({path: long}))).message).to.contain('longer');
  });
});
