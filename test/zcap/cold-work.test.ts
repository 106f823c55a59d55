import {expect} from 'chai';
import {RateLimitError, UnavailableError} from '../../lib/errors.ts';
import {ColdWork, type ColdWorkOptions} from '../../lib/zcap/cold-work.ts';
import type {Party} from '../../lib/zcap/fair-queue.ts';
import {rejection} from '../key-modules/fixtures.ts';

const from = (address: string, invoker: string): Party => ({address, invoker});

/** Work whose turns come when the test says so. */
class Turns {
  readonly done: string[] = [];
  readonly work: ColdWork;
  #due: (() => void)[] = [];

  constructor(options: Omit<ColdWorkOptions, 'defer'> = {}) {
    this.work = new ColdWork({...options, defer: (turn) => void this.#due.push(turn)});
  }

  /** Work of so many pieces. */
  start(name: string, party: Party, pieces = 1): Promise<string> {
    return this.work.run(party, async (yieldTurn) => {
      for (let piece = 1; piece <= pieces; piece++) {
        if (piece > 1) await yieldTurn();
        this.done.push(`${name}${piece}`);
      }
      return name;
    });
  }

  /** One turn, and all that follows of it. @returns whether somebody was called back */
  async pass(): Promise<boolean> {
    const due = this.#due.splice(0);
    expect(due.length).to.be.at.most(1);
    for (const turn of due) turn();
    await new Promise(setImmediate);
    return due.length > 0;
  }

  async passAll(): Promise<void> {
    while (await this.pass());
  }
}

describe('ColdWork', () => {
  it('begins nothing before its turn, and does one piece in each', async () => {
    const turns = new Turns();
    const [a, b] = [turns.start('a', from('1', 'alice'), 2), turns.start('b', from('2', 'bob'), 1)];
    await new Promise(setImmediate);
    expect(turns.done).to.deep.equal([]);
    await turns.pass();
    expect(turns.done).to.deep.equal(['a1']);
    await turns.pass();
    expect(turns.done).to.deep.equal(['a1', 'b1']);
    await turns.passAll();
    expect(turns.done).to.deep.equal(['a1', 'b1', 'a2']);
    expect(await Promise.all([a, b])).to.deep.equal(['a', 'b']);
  });

  it('asks for no turn while nobody waits, and again once somebody does', async () => {
    const turns = new Turns();
    expect(await turns.pass()).to.equal(false);
    for (let time = 0; time < 2; time++) {
      const work = turns.start('a', from('1', 'alice'));
      await turns.passAll();
      expect(await work).to.equal('a');
      expect(await turns.pass()).to.equal(false);
    }
  });

  it('lets one party have as many turns as others, and finish what it began', async () => {
    const turns = new Turns();
    const all = [
      ...['x', 'y', 'z'].map((name) => turns.start(name, from('1', 'flood'), 3)),
      turns.start('b', from('2', 'bob'), 3),
    ];
    await turns.passAll();
    await Promise.all(all);
    expect(turns.done.join(' ')).to.equal('x1 b1 x2 b2 x3 b3 y1 y2 y3 z1 z2 z3');
  });

  it('does not wait for a party that waits for something else', async () => {
    const turns = new Turns();
    let answer = (): void => undefined;
    const slow = turns.work.run(from('1', 'alice'), async (yieldTurn) => {
      await new Promise<void>((resolve) => (answer = resolve));
      await yieldTurn();
      turns.done.push('slow');
    });
    const other = turns.start('b', from('1', 'alice'));
    await turns.passAll();
    expect(turns.done).to.deep.equal(['b1']);
    await other;
    answer();
    await turns.pass();
    await turns.passAll();
    await slow;
    expect(turns.done).to.deep.equal(['b1', 'slow']);
  });

  it('refuses more than so much of one invoker with 429, until some of it is done; and not of another', async () => {
    const turns = new Turns({maxPerInvoker: 2});
    const flood = from('1', 'flood');
    const accepted = [turns.start('a', flood), turns.start('b', flood)];
    const refusal = await rejection(turns.start('c', flood));
    expect(refusal).to.be.instanceOf(RateLimitError);
    expect(refusal).to.have.property('retryAfterSeconds', 1);
    accepted.push(turns.start('d', from('1', 'dave')));
    await turns.passAll();
    await Promise.all(accepted);
    const again = turns.start('e', flood);
    await turns.passAll();
    await again;
    expect(turns.done).to.deep.equal(['a1', 'd1', 'b1', 'e1']);
  });

  it('counts no longer what has failed', async () => {
    const turns = new Turns({maxPerInvoker: 1});
    for (let time = 0; time < 3; time++) {
      const failing = turns.work.run(from('1', 'alice'), () => Promise.reject(new Error('refused')));
      const failure = rejection(failing);
      await turns.passAll();
      expect(await failure).to.have.property('message', 'refused');
    }
  });

  it('gives an address at most half of all places, also where it has an invoker for each; others find theirs', async () => {
    const turns = new Turns({max: 8});
    const accepted: Promise<string>[] = [];
    const accept = async (address: string): Promise<number> => {
      for (let count = 0; ; count++) {
        const work = turns.start('w', from(address, `did ${count} of ${address}`));
        const refused = await Promise.race([work, Promise.resolve('waits')]).catch((error: unknown) => error);
        if (refused !== 'waits') {
          expect(refused).to.be.instanceOf(UnavailableError);
          return count;
        }
        accepted.push(work);
      }
    };
    expect(await accept('flood')).to.equal(4);
    expect(await accept('another')).to.equal(2);
    expect(await accept('a third')).to.equal(1);
    await turns.passAll();
    await Promise.all(accepted);
    expect(await accept('a third')).to.equal(4);
  });

  it('by itself lets whatever is ready go first', async () => {
    const order: string[] = [];
    const work = new ColdWork();
    const cold = work.run(from('1', 'alice'), async (yieldTurn) => {
      order.push('cold');
      await yieldTurn();
      order.push('cold again');
    });
    await new Promise<void>((resolve) => process.nextTick(resolve));
    order.push('ready');
    setImmediate(() => order.push('arrived'));
    await cold;
    expect(order).to.deep.equal(['ready', 'cold', 'arrived', 'cold again']);
  });
});
