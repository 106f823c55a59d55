import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {CLIENT_COMMANDS} from '../../../lib/cli/client/command-table.ts';
import {TYPE_NAMES} from '../../../lib/cli/client/new-key-options.ts';
import {run} from '../run-main.ts';

/** What bash would offer for the words of a command line, of which the last is being typed. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const {out: script} = await run('completion', 'bash');
  const quoted = ['webkms', ...words].map((word) => `'${word}'`).join(' ');
  const {status, stdout, stderr} = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _webkms; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    {encoding: 'utf8', cwd: import.meta.dirname},
  );
  // compopt has nothing to set outside of a real completion.
  expect({status, stderr: stderr.replaceAll(/.*compopt.*\n/g, '')}).to.deep.equal({status: 0, stderr: ''});
  return stdout.split('\n').filter((line) => line !== '');
}

describe('webkms completion', () => {
  it('bash: completes commands, options, and values where there are some to choose from', async () => {
    expect(await complete('re')).to.have.members(['rewrap', 'restore', 'revoke', 'revocations']);
    expect(await complete('')).to.include.members([
      ...CLIENT_COMMANDS.map(({name}) => name),
      'serve',
      'admin',
      'help',
    ]);
    expect(await complete('create', 'x', '--t')).to.have.members(['--type', '--tag']);
    expect(await complete('create', 'x', '--type', '')).to.have.members([...TYPE_NAMES]);
    expect(await complete('create', 'x', '--type', 'aes')).to.have.members(['aes-kw-256', 'aes256']);
    expect(await complete('delegate', 'x', '--action', 'si')).to.deep.equal(['sign']);
    expect(await complete('completion', '')).to.deep.equal(['bash', 'zsh', 'fish']);
    expect(await complete('revoke', 'completion')).to.deep.equal(['completion.test.ts']);
    expect(await complete('encrypt', 'x', '--input', 'completion')).to.deep.equal(['completion.test.ts']);
    expect(await complete('info', 'x')).to.deep.equal([]);
  });

  for (const shell of ['zsh', 'fish']) {
    it(`${shell}: has every command and every option, each in quotes that end`, async () => {
      const {code, out, err} = await run('completion', shell);
      expect({code, err}).to.deep.equal({code: 0, err: ''});
      for (const {name, load} of CLIENT_COMMANDS) {
        expect(out).to.contain(name);
        for (const option of Object.keys((await load()).options ?? {})) {
          expect(out).to.contain(shell === 'fish' ? `-l ${option} ` : `--${option}[`);
        }
      }
      // Without what is escaped, quotes come in pairs on every line.
      const lines = out.split('\n').map((line) => line.replaceAll(/'\\''|\\'|\\\\/g, ''));
      for (const line of lines) expect((line.match(/'/g) ?? []).length % 2, line).to.equal(0);
    });
    it(`${shell}: is taken by the shell itself`, async function () {
      const {out} = await run('completion', shell);
      const directory = mkdtempSync(join(tmpdir(), 'webkms-completion-'));
      try {
        const script = join(directory, 'script');
        writeFileSync(script, out);
        const {error, status, stderr} = spawnSync(shell, ['-n', script], {encoding: 'utf8'});
        // A shell that is not installed.
        if (error) this.skip();
        expect({status, stderr}).to.deep.equal({status: 0, stderr: ''});
        writeFileSync(script, `${out}echo 'not closed`);
        expect(spawnSync(shell, ['-n', script]).status, 'what is no script').to.not.equal(0);
      } finally {
        rmSync(directory, {recursive: true});
      }
    });
  }

  it('knows no other shell', async () => {
    expect(await run('completion', 'tcsh')).to.deep.equal({
      ...{code: 2, out: ''},
      err: 'webkms: SHELL must be one of: bash, zsh, fish.\nTry webkms completion --help.',
    });
  });
});
