import {PassThrough} from 'node:stream';
import {expect} from 'chai';
import {RootOfTrustError} from '../../../lib/sealing/root-of-trust-error.ts';
import {promptSecret, type PromptTerminal} from '../../../lib/sealing/wrappers/terminal-prompt.ts';
import {expectRejection} from '../expect-rejection.ts';

class FakeTerminal {
  readonly input = new PassThrough();
  readonly modes: boolean[] = [];
  written = '';
  readonly output = {write: (text: string) => void (this.written += text)};
  readonly terminal: PromptTerminal;

  constructor(isTTY = true) {
    const setRawMode = (mode: boolean): void => void this.modes.push(mode);
    this.terminal = {
      input: Object.assign(this.input, {isTTY, setRawMode}) as unknown as PromptTerminal['input'],
      output: this.output,
    };
  }

  async ask(...typed: string[]): Promise<string> {
    const asked = promptSecret('Passphrase: ', this.terminal);
    for (const keys of typed) this.input.write(keys);
    return Buffer.from(await asked).toString();
  }
}

describe('promptSecret', () => {
  it('reads a line without echo, and leaves the terminal as it was', async () => {
    const t = new FakeTerminal();
    expect(await t.ask('correct', ' horse', '\r')).to.equal('correct horse');
    expect(t.written).to.equal('Passphrase: \n');
    expect(t.modes).to.deep.equal([true, false]);
    expect(t.input.isPaused()).to.be.true;
    expect(t.input.listenerCount('data')).to.equal(0);
  });

  it('lets the line be edited, by characters', async () => {
    expect(await new FakeTerminal().ask('wrong\u0015corrr\u007fect\r')).to.equal('correct');
    expect(await new FakeTerminal().ask('\u007f\u0008x\u00e9\u{1f40e}\u007f\u0008y\n')).to.equal('xy');
  });

  it('leaves for the next question what was pasted for it', async () => {
    const t = new FakeTerminal();
    expect(await t.ask('first\rsecond\r')).to.equal('first');
    expect(await t.ask()).to.equal('second');
  });

  it('keeps a byte more than is allowed, so that what is too long is refused and not cut', async () => {
    expect(await new FakeTerminal().ask(`${'x'.repeat(5000)}\r`)).to.have.length(1025);
  });

  it('gives up on Ctrl+C, Ctrl+D and a terminal that is gone', async () => {
    for (const [key, reason] of [
      ['\u0003', 'interrupted'],
      ['\u0004', 'unreadable'],
    ]) {
      const t = new FakeTerminal();
      const error = await expectRejection(t.ask(`correct${key}`), RootOfTrustError);
      expect(error).to.include({
        reason,
        message: 'No passphrase was given.',
      });
      expect(t.modes).to.deep.equal([true, false]);
    }
    const gone = new FakeTerminal();
    gone.input.end('correct');
    const error = await expectRejection(promptSecret('?', gone.terminal), RootOfTrustError);
    expect(error.message).to.equal('No passphrase was given.');
  });

  it('gives up where it is told to, and leaves the terminal as it was', async () => {
    const t = new FakeTerminal();
    const stop = new AbortController();
    const asked = promptSecret('?', t.terminal, stop.signal);
    stop.abort(new Error('stopped'));
    expect(await expectRejection(asked, Error)).to.have.property('message', 'stopped');
    expect(t.modes).to.deep.equal([true, false]);
    const late = new FakeTerminal();
    await expectRejection(promptSecret('?', late.terminal, stop.signal), Error);
    expect(late.modes).to.deep.equal([]);
  });

  it('refuses what is no terminal, and asks nothing', async () => {
    const t = new FakeTerminal(false);
    const error = await expectRejection(t.ask('correct\r'), RootOfTrustError);
    expect(error.reason).to.equal('unreadable');
    expect(error.message).to.include('Standard input is no terminal').and.include('passphrase:file=<path>');
    expect(t.written).to.equal('');
    expect(t.modes).to.deep.equal([]);
  });
});
