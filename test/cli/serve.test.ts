import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import type {IncomingMessage} from 'node:http';
import {request} from 'node:https';
import {createServer, type AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {expect} from 'chai';

const LAUNCHER = join(import.meta.dirname, '../../bin/webkms.js');

type Server = ChildProcessByStdio<null, Readable, Readable>;

describe('webkms serve', () => {
  let dir: string;
  let server: Server | undefined;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'webkms-serve-'));
  });
  afterEach(() => {
    server?.kill('SIGKILL');
    rmSync(dir, {recursive: true});
  });

  function start(environment: Record<string, string>): {
    server: Server;
    out: () => string;
    err: () => string;
  } {
    const env = {PATH: process.env['PATH'], WEBKMS_DATA_DIR: join(dir, 'data'), ...environment};
    server = spawn(process.execPath, [LAUNCHER, 'serve'], {env, stdio: ['ignore', 'pipe', 'pipe']});
    const texts = {out: '', err: ''};
    server.stdout.on('data', (chunk) => (texts.out += String(chunk)));
    server.stderr.on('data', (chunk) => (texts.err += String(chunk)));
    return {server, out: () => texts.out, err: () => texts.err};
  }

  it('says which root of trust it uses, then where it listens, then what to try; SIGTERM drains it', async () => {
    const port = await freePort();
    const baseUrl = `https://localhost:${port}`;
    const running = start({WEBKMS_BASE_URL: baseUrl, WEBKMS_LISTEN: `127.0.0.1:${port}`});
    while (!running.out().includes('Ctrl+C')) await once(running.server.stdout, 'data');
    const lines = running.out().trim().split('\n');
    const listening = lines.indexOf(`listening on ${baseUrl}`);
    expect(lines.slice(0, listening).join('\n')).to.include(
      `root of trust: file:${join(dir, 'data/root.key')}`,
    );
    expect(lines.slice(listening + 1).join('\n'))
      .to.include(`npx webkms init --server ${baseUrl} --ca ${join(dir, 'data/tls.crt')}`)
      .and.include('npm run quickstart')
      .and.not.include('WEBKMS_BASE_URL');
    expect(lines.filter((line) => line.startsWith('listening on '))).to.have.length(1);
    expect(statSync(join(dir, 'data')).mode & 0o777).to.equal(0o700);

    const ca = readFileSync(join(dir, 'data/tls.crt'), 'utf8');
    expect(await getStatus(`${baseUrl}/health/ready`, ca)).to.equal(200);

    running.server.kill('SIGTERM');
    expect(await once(running.server, 'exit')).to.deep.equal([0, null]);
    const log = running
      .err()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as {msg: string});
    expect(log.map(({msg}) => msg)).to.include.members(['draining', 'stopped']);
  });

  it('says what to do where its port is taken, and exits with 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const {port} = other.address() as AddressInfo;
    const running = start({WEBKMS_LISTEN: `127.0.0.1:${port}`});
    expect(await once(running.server, 'close')).to.deep.equal([1, null]);
    other.close();
    expect(running.out()).not.to.include('listening');
    expect(running.err()).to.include(`webkms: port ${port} is taken by another process;`);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function getStatus(url: string, ca: string): Promise<number | undefined> {
  const call = request(url, {ca, agent: false}).end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}
