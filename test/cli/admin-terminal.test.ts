import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {admin, adminCommand} from '../support/admin-command.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));
const PASSPHRASE = '  correct horse, bättery staple ';

/** On a terminal, which the `script` program makes. */
describe('webkms admin on a terminal', function () {
  this.timeout(60_000);
  let dataDir = '';
  let server: ServerProcess | undefined;

  before(async function () {
    const {error, stdout} = spawnSync('script', ['--version'], {encoding: 'utf8'});
    if (error || !stdout.includes('util-linux')) this.skip();
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-tty-'));
    server = await ServerProcess.start({dataDir, port: await freePort()});
  });
  after(async () => {
    await server?.stop();
    if (dataDir !== '') await rm(dataDir, {recursive: true, force: true});
  });

  /** Types each answer when its question is there, and asks the terminal how it is afterwards. */
  async function type(
    args: readonly string[],
    answers: readonly (readonly [question: string, keys: string])[],
  ): Promise<{code: string; shown: string; echo: boolean}> {
    const command = [process.execPath, LAUNCHER, 'admin', ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', `${command}; echo "code $?"; stty -a`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {PATH: process.env['PATH'], WEBKMS_DATA_DIR: dataDir, SHELL: '/bin/sh'},
    });
    let shown = '';
    let [next, from] = [0, 0];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      const [question = '', keys = ''] = answers[next] ?? [];
      const at = next < answers.length ? shown.indexOf(question, from) : -1;
      if (at < 0) return;
      from = at + question.length;
      next++;
      child.stdin.write(keys);
    });
    await once(child, 'close');
    return {code: /code (\d+)/.exec(shown)?.[1] ?? '', shown, echo: shown.includes(' echo ')};
  }

  it('takes a passphrase as it is, twice and the same, and shows nothing of it', async () => {
    const differ = await type(
      ['root', 'add', 'passphrase:prompt'],
      [
        ['New passphrase: ', `${PASSPHRASE}\r`],
        ['Once more: ', `${PASSPHRASE.trim()}\r`],
      ],
    );
    expect(differ).to.include({code: '1', echo: true});
    const added = await type(
      ['root', 'add', 'passphrase:prompt'],
      [
        ['New passphrase: ', `${PASSPHRASE}\r`],
        ['Once more: ', `${PASSPHRASE}\r`],
      ],
    );
    expect(added).to.include({code: '0', echo: true});
    expect(differ.shown + added.shown).not.to.contain('horse');

    const {roots} = JSON.parse(await admin(['root', 'list', '--json'], {dataDir})) as {
      roots: {id: string; uri: string}[];
    };
    const retire = ['root', 'retire', roots.find(({uri}) => uri.startsWith('file:'))?.id ?? ''];
    const kept = await type(retire, [['Type yes: ', 'y\r']]);
    expect(kept).to.include({code: '1', echo: true});
    expect(kept.shown).to.contain('Nothing was done.');
    expect(await type(retire, [['Type yes: ', 'yes\r']])).to.include({code: '0', echo: true});
    await admin(['seal'], {dataDir});
    const opened = await type(['unseal'], [['Passphrase: ', `${PASSPHRASE}\r`]]);
    expect(opened).to.include({code: '0', echo: true});
    await admin(['seal'], {dataDir});
    const trimmed = await adminCommand(['unseal'], {dataDir, input: `${PASSPHRASE.trim()}\n`});
    expect(trimmed.status).to.equal(1);
    expect(trimmed.err).to.contain('The passphrase is wrong.');
    expect(await admin(['unseal'], {dataDir, input: `${PASSPHRASE}\r\n`})).to.contain('unsealed');
  });

  it('is left by Ctrl+C and Ctrl+D, and shows what is typed again', async () => {
    await admin(['seal'], {dataDir});
    const interrupted = await type(['unseal'], [['Passphrase: ', 'abc\u0003']]);
    expect(interrupted).to.include({code: '130', echo: true});
    expect(interrupted.shown).to.contain('webkms: interrupted.');
    expect(await type(['unseal'], [['Passphrase: ', '\u0004']])).to.include({code: '1', echo: true});
    expect(await admin(['unseal'], {dataDir, input: PASSPHRASE})).to.contain('unsealed');
  });
});
