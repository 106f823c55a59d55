import {expect} from 'chai';
import {AdminError} from '../../lib/admin/admin-operation.ts';
import type {AdminIo} from '../../lib/cli/admin/admin-io.ts';
import {giveShares} from '../../lib/cli/admin/give-shares.ts';
import type {OfferedShare} from '../../lib/sealing/offered-shares.ts';
import {InterruptedError} from '../../lib/cli/interruption.ts';

class FakeIo implements AdminIo {
  readonly questions: string[] = [];
  readonly errors: string[] = [];
  readonly out = (): void => undefined;
  readonly err = (line: string): void => void this.errors.push(line);
  readonly screen = {write: (): void => undefined};
  interactive = true;
  readonly interrupted: AbortSignal;
  readonly #answers: (string | undefined)[];

  constructor(answers: (string | undefined)[], interrupted = new AbortController().signal) {
    this.#answers = answers;
    this.interrupted = interrupted;
  }

  async ask(question: string): Promise<string | undefined> {
    this.questions.push(question);
    return this.#answers.shift();
  }

  async flush(): Promise<void> {
    return undefined;
  }
}

/** Three shares open it. */
function offering(): (text: string) => Promise<OfferedShare> {
  const given = new Set<string>();
  return async (text) => {
    if (text === 'down') throw new AdminError('failed', 'The server went away.');
    if (given.has(text)) throw new AdminError('refused', 'It was given.');
    given.add(text);
    return {rootWrapperId: 'rw_1', given: given.size, needed: 3, opened: given.size === 3};
  };
}

describe('giving shares', () => {
  it('asks until a root opens, and says what was refused', async () => {
    const io = new FakeIo(['a', 'a', ' ', 'b', 'c', 'never asked']);
    expect(await giveShares(io, offering(), 'First: ')).to.equal(true);
    expect(io.questions).to.deep.equal([
      'First: ',
      'Share 2 of 3: ',
      'Share 2 of 3: ',
      'Share 2 of 3: ',
      'Share 3 of 3: ',
    ]);
    expect(io.errors).to.deep.equal([
      '1 of 3 shares of rw_1 were given.',
      'webkms: It was given.',
      '2 of 3 shares of rw_1 were given.',
    ]);
  });

  it('ends where there are no more', async () => {
    expect(await giveShares(new FakeIo(['a', 'b']), offering())).to.equal(false);
    expect(await giveShares(new FakeIo([]), offering())).to.equal(false);
  });

  it('does not read to the end of what has no shares, but lets a person mistype', async () => {
    const lines = ['a', ...Array.from({length: 40}, () => 'a'), 'b', 'c'];
    const piped = new FakeIo([...lines]);
    piped.interactive = false;
    const error = await giveShares(piped, offering()).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AdminError).and.have.property('reason', 'refused');
    expect(piped.questions).to.have.length(33);
    expect(await giveShares(new FakeIo(lines), offering())).to.equal(true);
  });

  it('ends where it is interrupted, and where the server is gone', async () => {
    const failure = async (io: AdminIo): Promise<unknown> =>
      giveShares(io, offering()).catch((error: unknown) => error);
    const interrupted = AbortSignal.abort(new InterruptedError());
    expect(await failure(new FakeIo(['a'], interrupted))).to.be.instanceOf(InterruptedError);
    expect(await failure(new FakeIo(['a', 'down', 'b']))).to.include({message: 'The server went away.'});
  });
});
