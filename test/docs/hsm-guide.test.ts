import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {LAUNCHER} from '../cli/client/webkms-command.ts';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {rootWrapperSchemes} from '../../lib/sealing/wrappers/schemes.ts';
import {freePort} from '../crash/free-port.ts';
import {SoftHsmToken} from '../support/softhsm-token.ts';
import {MarkdownPage} from './markdown-page.ts';

const run = promisify(execFile);
const CONFIG = new URL('../../config/hsm.env', import.meta.url);

describe('docs/guides/hsm.md', function () {
  this.timeout(60_000);
  let folder = '';
  let token: SoftHsmToken;
  const tokens: SoftHsmToken[] = [];

  before(async function () {
    token = await SoftHsmToken.create(this);
    tokens.push(token);
    folder = await mkdtemp(join(tmpdir(), 'webkms-hsm-guide-'));
  });
  after(async () => {
    for (const made of tokens) await made.delete();
    if (folder !== '') await rm(folder, {recursive: true, force: true});
  });

  it('sets up what serves, and can be looked at', async () => {
    const page = await MarkdownPage.read('guides/hsm.md');
    const [setUp = '', settings = '', look = ''] = page.fenced('sh');
    expect(page.fenced('sh')).to.have.length(3);
    const port = await freePort();
    const script = [
      'set -euo pipefail',
      `webkms() { '${process.execPath}' '${LAUNCHER}' "$@"; }`,
      setUp,
      settings.replace('/usr/lib/softhsm/libsofthsm2.so', token.library),
      `'${process.execPath}' '${LAUNCHER}' serve --config webkms.env > out 2> err & server=$!`,
      'trap "kill $server" EXIT',
      'for i in $(seq 100); do grep -q "^listening on" out && break; kill -0 $server; sleep 0.1; done',
      look,
      'kill $server; wait $server',
      'trap - EXIT',
    ].join('\n');
    await writeFile(join(folder, 'script'), script);
    const {stdout} = await run('bash', ['script'], {
      cwd: folder,
      env: {
        ...{PATH: process.env['PATH'], HOME: folder, WEBKMS_LOG_LEVEL: 'error'},
        ...{WEBKMS_BASE_URL: `https://localhost:${port}`, WEBKMS_LISTEN: `127.0.0.1:${port}`},
      },
    });
    expect(stdout).to.match(/rw_\S+ {2}active {2}open {4}pkcs11:object=webkms-root;type=secret-key/);
    expect(stdout).to.include('Keys in HSMs: 0').and.include('The database is as it was written.');
  });

  it('names URIs that are read, and comes with settings that are', async () => {
    const page = await MarkdownPage.read('guides/hsm.md');
    const uris = page.text.match(/^pkcs11:\S+$/gm) ?? [];
    expect(uris).to.have.length(3);
    const scheme = rootWrapperSchemes({stateDir: folder}).get('pkcs11');
    for (const uri of uris) expect(scheme?.normalize(uri), uri).to.be.a('string');
    const settings = loadSettings({environment: {}, configFile: CONFIG.pathname});
    expect(settings.rootWrapper).to.equal('pkcs11:object=webkms-root;type=secret-key');
    expect(settings.pkcs11.tokenLabel).to.equal('webkms');
  });
});
