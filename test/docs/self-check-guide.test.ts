import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {expect} from 'chai';
import {CopiedInstallation} from '../cli/installation.ts';
import {MarkdownPage} from './markdown-page.ts';

describe('docs/guides/self-check.md', function () {
  this.timeout(120_000);

  it('its commands do what it says, one after the other', async () => {
    const [record = '', compare = '', attest = '', verify = '', byHand = '', ...others] = (
      await MarkdownPage.read('guides/self-check.md')
    ).fenced('sh');
    expect(others).to.deep.equal([]);
    await using installation = await CopiedInstallation.make();
    const {root, directory, dataDir, manifest} = installation;
    await installation.record();
    await installation.serve({WEBKMS_SELF_CHECK: 'enforce', WEBKMS_SELF_CHECK_MANIFEST: manifest});
    const script = [
      'set -euo pipefail',
      `webkms() { '${process.execPath}' '${join(root, 'bin/webkms.js')}' "$@"; }`,
      `node() { '${process.execPath}' "$@"; }`,
      'rm manifest.json',
      `DIGEST=$(${record.trim()} | sed -n 's/^Digest: //p')`,
      compare,
      attest,
      `KEY=$(webkms admin attest --json | sed -n 's/.*"key": "\\(.*\\)".*/\\1/p')`,
      verify,
      byHand,
      'echo "the same: $DIGEST"',
    ].join('\n');
    const bash = spawn('bash', ['-c', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: directory,
      env: {PATH: process.env['PATH'], WEBKMS_DATA_DIR: dataDir},
    });
    const [out, err, [status]] = await Promise.all([
      text(bash.stdout),
      text(bash.stderr),
      once(bash, 'close') as Promise<[number | null]>,
    ]);
    expect(status, err).to.equal(0);
    expect(out).to.include('The program is what the manifest says').and.include('selfCheck: passed');
    expect(out).to.match(/^(\S{43}) true\nthe same: \1$/m);
  });
});
