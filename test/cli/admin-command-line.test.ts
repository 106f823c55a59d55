import {expect} from 'chai';
import {ServerGoneError} from '../../lib/admin/admin-client.ts';
import {AdminError} from '../../lib/admin/admin-operation.ts';
import {createAdmin} from '../../lib/cli/admin/admin.ts';
import type {AdminCommand, AdminInvocation} from '../../lib/cli/admin/admin-command.ts';
import {ADMIN_COMMANDS} from '../../lib/cli/admin/command-table.ts';
import {InterruptedError} from '../../lib/cli/interruption.ts';
import {run, type Outcome} from './run-main.ts';

/** Runs one command of the test's own. */
async function runFake(command: AdminCommand, ...args: readonly string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {out: (line: string) => void out.push(line), err: (line: string) => void err.push(line)};
  const admin = createAdmin({
    commands: [command],
    createIo: (given) => ({
      ...given,
      screen: {isTTY: true, columns: 80, write: (text) => err.push(text)},
      interactive: false,
      ask: async () => undefined,
      flush: async () => undefined,
      interrupted: new AbortController().signal,
      [Symbol.dispose]: () => undefined,
    }),
  });
  const code = await admin.run(args, terminal);
  return {code, out: out.join('\n'), err: err.join('|')};
}

function fake(
  work: (invocation: AdminInvocation) => Promise<number>,
  rest: Partial<AdminCommand> = {},
): AdminCommand {
  return {name: 'do', summary: '', help: [], run: work, ...rest};
}

describe('webkms admin: the command line', () => {
  it('explains itself, and every command', async () => {
    const {code, out} = await run('admin', '--help');
    expect(code).to.equal(0);
    expect(out).to.match(/^Usage: webkms admin <command>/);
    expect(ADMIN_COMMANDS.map(({name}) => name)).to.have.length(23);
    for (const {name, operands = []} of ADMIN_COMMANDS) {
      expect(out).to.contain(`\n  ${[name, ...operands].join(' ')} `);
      const help = await run('admin', ...name.split(' '), '--help');
      expect(help.code).to.equal(0);
      expect(help.out).to.contain(`Usage: webkms admin ${[name, ...operands, '[options]'].join(' ')}\n`);
      expect(help.out).to.contain('--config FILE');
      expect(await run('help', 'admin', ...name.split(' '))).to.deep.equal(help);
    }
    expect(await run('help', 'admin')).to.deep.equal({code: 0, out, err: ''});
    expect(await run('admin')).to.deep.equal({code: 2, out: '', err: out});
  });

  for (const [args, message] of [
    [['stauts'], 'there is no command "admin stauts"; did you mean admin status?'],
    [['rot'], 'there is no command "admin rot"; did you mean admin rotate?'],
    [['root', 'ad', 'file:x'], 'there is no command "admin root ad"; did you mean admin root add?'],
    [['root'], 'there is: root list, root add, root retire.'],
    [['completely-different'], 'there is no command "admin completely-different".'],
    [['__proto__'], 'there is no command "admin __proto__".'],
    [['root', 'add'], 'admin root add takes URI.'],
    [['root', 'add', 'a', 'b'], 'admin root add takes URI.'],
    [['backup', ''], 'admin backup takes FILE.'],
    [['status', 'now'], 'admin status takes no operand.'],
    [['unseal', 'webkms-share-1-x'], 'admin unseal takes no operand.'],
    [['rotate'], 'admin rotate takes either --keystore URL or --all.'],
    [['rotate', '--all', '--keystore', 'https://x'], 'admin rotate takes either --keystore URL or --all.'],
    [['rewrap', '--keystore', ''], 'admin rewrap: --keystore is empty.'],
    [['prune', '--keystore', ''], 'admin prune: --keystore is empty.'],
  ] as const) {
    it(`exits with 2 for: ${args.join(' ')}`, async () => {
      expect(await run('admin', ...args)).to.deep.equal({
        code: 2,
        out: '',
        err: `webkms: ${message}\nTry webkms admin --help.`,
      });
    });
  }

  it('exits with 2 for options that there are not, and settings that cannot be used', async () => {
    expect((await run('admin', 'status', '--jsn')).code).to.equal(2);
    expect((await run('admin', 'rotate', '--all=yes')).code).to.equal(2);
    expect(await run('admin', 'status', '--config', '/nonexistent/webkms.env')).to.include({code: 2});
  });

  it('gives a command its options and operands', async () => {
    let seen: unknown;
    const command = fake(
      async ({values, operands, settings}) => {
        seen = {values: {...values}, operands, dataDir: settings.dataDir.startsWith('/')};
        return 0;
      },
      {name: 'do it', operands: ['X'], options: {force: {meaning: ''}, to: {value: 'Y', meaning: ''}}},
    );
    expect(await runFake(command, 'do', 'it', '--to', 'y', 'x', '--force')).to.deep.equal({
      code: 0,
      out: '',
      err: '',
    });
    expect(seen).to.deep.equal({values: {force: true, to: 'y'}, operands: ['x'], dataDir: true});
  });

  it('writes a result as lines, or as JSON', async () => {
    const command = fake(async ({print}) => {
      print({a: [1]}, ['a is', '1']);
      return 0;
    });
    expect((await runFake(command, 'do')).out).to.equal('a is\n1');
    expect(JSON.parse((await runFake(command, 'do', '--json')).out)).to.deep.equal({a: [1]});
  });

  it('takes the bar away before it writes anything else', async () => {
    const command = fake(async ({output, print}) => {
      output.report({step: 'x', done: 1});
      await output.write('line');
      output.report({step: 'y', done: 1});
      print({}, ['result']);
      output.report({step: 'z', done: 1});
      throw new AdminError('refused', 'No.');
    });
    const erase = '\r\u001b[2K';
    expect(await runFake(command, 'do')).to.deep.equal({
      code: 1,
      out: 'line\nresult',
      err: [`${erase}x: 1`, erase, `${erase}y: 1`, erase, `${erase}z: 1`, erase, 'webkms: No.'].join('|'),
    });
  });

  it('exits with 2 where what was asked for cannot be, and for an option without a value', async () => {
    const refusing = (code: AdminError['reason']): AdminCommand =>
      fake(
        async () => {
          throw new AdminError(code, 'No.');
        },
        {options: {to: {value: 'X', meaning: ''}}},
      );
    expect(await runFake(refusing('invalid'), 'do')).to.deep.equal({code: 2, out: '', err: 'webkms: No.'});
    for (const code of ['refused', 'not-found', 'sealed', 'failed'] as const)
      expect(await runFake(refusing(code), 'do')).to.include({code: 1});
    const error = await runFake(refusing('refused'), 'do', '--to', '').catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'admin do: --to is empty.');
    expect(await runFake(refusing('refused'), 'do', '--to', 'x')).to.include({code: 1});
  });

  it('says what becomes of the work where the server goes away', async () => {
    const work = async (): Promise<number> => {
      throw new ServerGoneError();
    };
    const gone = 'webkms: The server went away before it had answered.';
    expect(await runFake(fake(work), 'do')).to.deep.equal({code: 1, out: '', err: gone});
    expect(await runFake(fake(work, {whenInterrupted: 'It goes on.'}), 'do')).to.include({
      err: `${gone} It goes on.`,
    });
  });

  it('says what becomes of the work where it is interrupted', async () => {
    const work = async (): Promise<number> => {
      throw new InterruptedError();
    };
    expect(await runFake(fake(work), 'do')).to.deep.equal({code: 130, out: '', err: 'webkms: interrupted.'});
    expect(await runFake(fake(work, {whenInterrupted: 'It goes on.'}), 'do')).to.include({
      err: 'webkms: interrupted. It goes on.',
    });
  });
});
