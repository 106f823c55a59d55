import {expect} from 'chai';
import fc from 'fast-check';
import {FairQueue, type Party} from '../../lib/zcap/fair-queue.ts';

const party = (address: string, invoker: string): Party => ({address, invoker});

function takeAll<T>(queue: FairQueue<T>): readonly T[] {
  const taken: T[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
  return taken;
}

describe('FairQueue', () => {
  it('serves invokers in turns, and each in its order', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'a4', 'b2', 'c1']) {
      queue.add(item, party('here', item.slice(0, 1)));
    }
    expect(takeAll(queue)).to.deep.equal(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
    expect(queue.take()).to.equal(undefined);
  });

  it('serves addresses in turns, however many invokers each has', () => {
    const queue = new FairQueue<string>();
    for (let did = 0; did < 5; did++) queue.add(`flood ${did}`, party('there', `did ${did}`));
    queue.add('one', party('here', 'somebody'));
    queue.add('two', party('here', 'somebody'));
    expect(takeAll(queue).slice(0, 4)).to.deep.equal(['flood 0', 'one', 'flood 1', 'two']);
  });

  it('has one item go before the others of the same invoker, and not before those of others', () => {
    const queue = new FairQueue<string>();
    queue.add('a1', party('here', 'a'));
    queue.add('b1', party('here', 'b'));
    queue.add('b0', party('here', 'b'), 'first');
    expect(takeAll(queue)).to.deep.equal(['a1', 'b0', 'b1']);
  });

  it('loses nothing, and lets nobody who waits be passed twice by the same address, or by the same invoker of its own', () => {
    const someParty = fc.record({address: fc.nat(3), invoker: fc.nat(3)});
    const step = fc.option(someParty, {nil: undefined});
    fc.assert(
      fc.property(fc.array(step, {maxLength: 60}), (steps) => {
        const queue = new FairQueue<{readonly address: string; readonly invoker: string}>();
        const waiting: Party[] = [];
        /** Who was served since a party has waited, by the party that waits. */
        const passed = new Map<Party, {addresses: string[]; invokers: string[]}>();
        const take = (): void => {
          const item = queue.take();
          expect(item === undefined).to.equal(waiting.length === 0);
          if (!item) return;
          waiting.splice(waiting.indexOf(item), 1);
          passed.delete(item);
          for (const [waiter, since] of passed) {
            if (waiter.address === item.address && waiter.invoker === item.invoker) {
              passed.set(waiter, {addresses: [], invokers: []});
            } else if (waiter.address === item.address) {
              since.addresses = [];
              expect(since.invokers).not.to.include(item.invoker);
              since.invokers.push(item.invoker);
            } else {
              expect(since.addresses).not.to.include(item.address);
              since.addresses.push(item.address);
            }
          }
        };
        for (const next of steps) {
          if (!next) take();
          else {
            const item = party(`address ${next.address}`, `did ${next.invoker}`);
            queue.add(item, item);
            waiting.push(item);
            passed.set(item, {addresses: [], invokers: []});
          }
        }
        while (waiting.length > 0) take();
        expect(queue.take()).to.equal(undefined);
      }),
    );
  });
});
