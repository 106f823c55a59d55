import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {expect} from 'chai';
import {runServer, type TestServer} from '../../support/run-server.ts';
import {LAUNCHER, Person} from './webkms-command.ts';

const PASSPHRASE = 'correct horse, bättery staple';

interface Shown {
  readonly code: string;
  readonly shown: string;
  readonly echo: boolean;
}

/** On a terminal, which the `script` program makes. */
describe('webkms on a terminal', function () {
  this.timeout(60_000);
  let server: TestServer;
  let person: Person;
  const closing = new AsyncDisposableStack();

  before(async function () {
    const {error, stdout} = spawnSync('script', ['--version'], {encoding: 'utf8'});
    if (error || !stdout.includes('util-linux')) this.skip();
    server = await runServer();
    closing.defer(() => server.stop());
    person = closing.use(await Person.create());
  });
  after(() => closing.disposeAsync());

  /** Types each answer when its question is there, and asks the terminal how it is afterwards. */
  async function type(
    args: readonly string[],
    answers: readonly (readonly [question: string, keys: string])[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Shown> {
    const command = [process.execPath, LAUNCHER, ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', `${command}; echo "code $?"; stty -a`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: person.folder,
      env: {...person.environment, SHELL: '/bin/sh', TERM: 'xterm-256color', ...environment},
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

  it('asks for a passphrase, twice and the same, and shows nothing of it; then once for each command', async () => {
    const init = ['init', '--server', server.baseUrl, '--ca', join(server.dataDir, 'tls.crt')];
    const differ = await type(init, [
      ['(empty: none): ', `${PASSPHRASE}\r`],
      ['Once more: ', `${PASSPHRASE}x\r`],
    ]);
    expect(differ).to.include({code: '4', echo: true});
    const short = await type(init, [['(empty: none): ', 'short\r']]);
    expect(short).to.include({code: '4', echo: true});
    expect(short.shown).to.contain('at least 12 characters');
    const made = await type(init, [
      ['(empty: none): ', `${PASSPHRASE}\r`],
      ['Once more: ', `${PASSPHRASE}\r`],
    ]);
    expect(made).to.include({code: '0', echo: true});
    const created = await type(
      ['create', 'invoices', '--type', 'aes256'],
      [['Passphrase of the controller key: ', `${PASSPHRASE}\r`]],
    );
    expect(created).to.include({code: '0', echo: true});
    const wrong = await type(['list'], [['Passphrase of the controller key: ', 'another passphrase\r']]);
    expect(wrong).to.include({code: '4', echo: true});
    expect(wrong.shown).to.contain('does not open');
    for (const {shown} of [differ, made, created, wrong]) expect(shown).not.to.match(/horse|another/);
    expect((await person.run(['list'])).code, 'nobody to ask').to.equal(4);
  });

  it('makes a profile without a passphrase, where none is typed', async () => {
    const init = ['init', '--server', server.baseUrl, '--ca', join(server.dataDir, 'tls.crt')];
    const made = await type([...init, '--profile', 'open'], [['(empty: none): ', '\r']]);
    expect(made).to.include({code: '0', echo: true});
    expect(made.shown).to.contain('not sealed by a passphrase');
  });

  it('is left by Ctrl+C, which makes nothing', async () => {
    const left = await type(['init', '--local', '--profile', 'left'], [['(empty: none): ', 'abc\u0003']]);
    expect(left).to.include({code: '130', echo: true});
    expect(left.shown).to.contain('webkms: interrupted.');
    expect(await person.ok('profiles')).not.to.contain('left');
  });

  it('shows colours, unless NO_COLOR is set, and elsewhere none', async () => {
    const profile = ['--profile', 'open'];
    await person.ok('create', 'a', '--type', 'aes256', ...profile);
    expect((await type(['list', ...profile])).shown).to.contain('1        \u001b[32mactive\u001b[39m');
    expect((await type(['list', ...profile], [], {NO_COLOR: '1'})).shown).to.contain('1        active');
    const forced = await person.run(['list', ...profile], {environment: {FORCE_COLOR: '1'}});
    expect(forced.out).to.contain('1        active');
  });

  it('shows how far a file is, and that an encrypted one is not for terminals', async () => {
    const profile = ['--profile', 'open'];
    const out = await type(['encrypt', 'a', '--input', '/etc/hostname', ...profile]);
    expect(out).to.include({code: '2'});
    expect(out.shown).to.contain('Give --output FILE');
    await person.run(['encrypt', 'a', '--input', '-', '--output', 'G', ...profile], {input: 'text'});
    const shown = await type(['decrypt', 'a', '--input', 'G', '--output', 'F', ...profile]);
    expect(shown).to.include({code: '0'});
    expect(shown.shown).to.match(/\[#+\] decrypting: \d+ of \d+ \(100 %\)/);
  });

  it('asks once more before a keystore is given away', async () => {
    const transfer = [
      'transfer',
      '--to',
      'did:key:z6MkoNRKxohUWQQ4yDpdR6GZowLT3rEaGUWCrobCyA1UzTV6',
      '--profile',
      'open',
    ];
    const kept = await type(transfer, [['Type yes: ', 'y\r']]);
    expect(kept).to.include({code: '1', echo: true});
    expect(kept.shown).to.contain('Nothing was done.');
    const left = await type(transfer, [['Type yes: ', '\u0003']]);
    expect(left).to.include({code: '130', echo: true});
    const given = await type(transfer, [['Type yes: ', 'yes\r']]);
    expect(given).to.include({code: '0', echo: true});
    expect((await person.run(['list', '--profile', 'open'])).code).to.equal(4);
  });
});
