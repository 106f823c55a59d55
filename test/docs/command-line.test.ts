import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {runServer} from '../support/run-server.ts';
import {LAUNCHER} from '../cli/client/webkms-command.ts';

const PAGE = new URL('../../docs/command-line.md', import.meta.url);
const SERVER = 'https://localhost:9443';

describe('docs/command-line.md', function () {
  this.timeout(120_000);

  it('has a tour that runs as it stands there, and fails nowhere', async () => {
    const [, tour = ''] = /## A tour\n\n```sh\n([^]*?)```/.exec(await readFile(PAGE, 'utf8')) ?? [];
    expect(tour).to.contain(SERVER).and.to.contain('.webkms/tls.crt');
    const folder = await mkdtemp(join(tmpdir(), 'webkms-tour-'));
    await using server = await runServer().then((running) => ({
      ...running,
      [Symbol.asyncDispose]: () => running.stop(),
    }));
    try {
      await mkdir(join(folder, 'src'));
      await writeFile(join(folder, 'src/pizza.txt'), 'margherita');
      const here = tour
        .replace(SERVER, server.baseUrl)
        .replace('.webkms/tls.crt', join(server.dataDir, 'tls.crt'));
      const script = `set -euo pipefail\nwebkms() { '${process.execPath}' '${LAUNCHER}' "$@"; }\n${here}`;
      const bash = spawn('bash', ['-c', script], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: folder,
        env: {PATH: process.env['PATH'], HOME: folder, WEBKMS_HOME: join(folder, 'home')},
      });
      let [out, err] = ['', ''];
      bash.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      bash.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      const [status] = (await once(bash, 'close')) as [number | null];
      expect(status, err).to.equal(0);
      expect(out).to.contain('20 pizzas').and.to.contain('src/pizza.txt\n').and.to.contain('\nvalid\n');
      expect(out).to.match(
        /NAME +TYPE +VERSION +STATUS\ninvoices +aes256 +2 +active\nreleases +ecdsa-p256 +1 +active\n$/,
      );
    } finally {
      await rm(folder, {recursive: true, force: true});
    }
  });
});
