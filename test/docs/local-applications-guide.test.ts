import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {LAUNCHER} from '../cli/client/webkms-command.ts';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {MarkdownPage} from './markdown-page.ts';

const API = new URL('../../lib/client-api.ts', import.meta.url).href;
const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

describe('docs/guides/local-applications.md', function () {
  this.timeout(120_000);
  let folder: string;
  let server: ServerProcess;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webkms-guide-'));
    server = await ServerProcess.start({
      dataDir: join(folder, 'data'),
      port: await freePort(),
      environment: {WEBKMS_IPC: 'on'},
    });
  });
  after(async () => {
    await server.stop();
    await rm(folder, {recursive: true, force: true});
  });

  it('its commands, and what it says to save, do what it says', async () => {
    const page = await MarkdownPage.read('guides/local-applications.md');
    const unindented = page.text.replaceAll(/^ {3}/gm, '');
    const blocks = (language: string): readonly string[] =>
      Array.from(
        unindented.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm')),
        ([, block = '']) => block,
      );
    const [add = '', profile = '', addBuilt = '', sign = '', revoke = '', ...others] = blocks('sh');
    expect(others).to.deep.equal([]);
    const [application = ''] = blocks('ts');
    const [newBuildKey = '', signBuild = ''] = blocks('js');
    for (const name of ['new-build-key.mjs', 'sign-build.mjs']) expect(page.text).to.contain(`\`${name}\``);
    await writeFile(join(folder, 'application.ts'), application.replace('webkms-server/client', API));
    await writeFile(join(folder, 'new-build-key.mjs'), newBuildKey);
    await writeFile(join(folder, 'sign-build.mjs'), signBuild);
    // Instead of `npm install`.
    expect(addBuilt).to.match(/^npm install --no-save /);
    await symlink(PACKAGES, join(folder, 'node_modules'));
    const script = [
      'set -euo pipefail',
      `node() { '${process.execPath}' "$@"; }`,
      `webkms() { '${process.execPath}' '${LAUNCHER}' "$@"; }`,
      // Somebody has a keystore with a key.
      `export WEBKMS_HOME='${join(folder, 'owner')}'`,
      `KEYSTORE=$(webkms init --server ${server.url} --ca '${join(folder, 'data', 'tls.crt')}' | sed -n 's/^Keystore: //p')`,
      'webkms create signer --type ed25519',
      `export WEBKMS_HOME='${join(folder, 'applications')}'`,
      add,
      'echo "--- application"',
      'node application.ts',
      profile,
      'echo "--- built"',
      addBuilt.replace(/^npm install.*\n/, ''),
      sign,
      revoke,
      'webkms sign --profile shop signer "data" && exit 9 || true',
      'echo "--- removed"',
      ...Array.from(page.text.matchAll(/`(webkms admin ipc remove [^`]*)`/g), ([, command = '']) => command),
      'webkms sign signer "data" && exit 9 || true',
    ].join('\n');
    const bash = spawn('bash', ['-c', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
      env: {
        ...{PATH: process.env['PATH'], HOME: folder},
        ...{WEBKMS_DATA_DIR: join(folder, 'data'), WEBKMS_IPC: 'on', WEBKMS_LOG_LEVEL: 'error'},
      },
    });
    const [out, err, [status]] = await Promise.all([
      text(bash.stdout),
      text(bash.stderr),
      once(bash, 'close') as Promise<[number | null]>,
    ]);
    expect(status, `${out}\n${err}`).to.equal(0);
    const [added = '', used = '', built = '', removed = ''] = out.split(/^--- .*\n/m);
    expect(added)
      .to.match(/^Client: billing\nDID: did:key:z6Mk/m)
      .and.match(/^ {2}keys all; actions sign, read$/m);
    const signature = /^[A-Za-z0-9_-]{86}$/m.exec(used)?.[0] ?? '';
    // Ed25519: the same data, the same signature, whoever asks.
    expect(used.split(signature)).to.have.length(3);
    expect(built)
      .to.contain(signature)
      .and.match(/^Revoked: urn:/m);
    expect(removed).to.equal('Removed: billing\n');
  });
});
