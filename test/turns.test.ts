import {expect} from 'chai';
import {mapInTurns, Turns} from '../lib/turns.ts';

/** Longer than a slice is. */
function workLong(): void {
  for (const end = performance.now() + 5; performance.now() < end;);
}

/** Counts the turns of the event loop until `done`. */
async function turnsUntil(done: Promise<unknown>): Promise<number> {
  let turns = 0;
  const ending = new AbortController();
  const counting = (async () => {
    while (!ending.signal.aborted) {
      await new Promise(setImmediate);
      turns += 1;
    }
  })();
  await done.finally(() => ending.abort());
  await counting;
  return turns;
}

describe('work in turns', () => {
  it('gives others their turn when a slice is over, and not before', async () => {
    const turns = new Turns();
    let others = 0;
    setImmediate(() => (others += 1));
    await turns.next();
    expect(others).to.equal(0);
    workLong();
    await turns.next();
    expect(others).to.equal(1);
  });

  it('begins a new slice after each', async () => {
    const count = await turnsUntil(
      (async () => {
        const turns = new Turns();
        for (let step = 0; step < 10; step++) {
          workLong();
          await turns.next();
        }
      })(),
    );
    expect(count).to.be.at.least(10);
  });

  it('one slice comes up at a time, however many do long work, in the order in which they wait', async () => {
    const log: string[] = [];
    let looking = true;
    const look = (): void => {
      log.push('others');
      if (looking) setImmediate(look);
    };
    const work = async (name: string): Promise<void> => {
      const turns = new Turns();
      for (let step = 0; step < 3; step++) {
        log.push(name);
        workLong();
        await turns.next();
      }
    };
    setImmediate(look);
    await Promise.all(['a', 'b', 'c'].map(work)).finally(() => (looking = false));
    const afterFirst = log.slice(log.indexOf('others'));
    // Between any two slices of whoever, others had their turn.
    for (const [index, name] of afterFirst.entries()) {
      if (name !== 'others') expect(afterFirst[index - 1], afterFirst.join()).to.equal('others');
    }
    expect(log.filter((name) => name !== 'others').join('')).to.equal('abcabcabc');
  });
});

describe('a map in turns', () => {
  it('is a map: of values and of promises, in order', async () => {
    const items = Array.from({length: 100}, (_, index) => index);
    const doubled = items.map((item) => item * 2);
    expect(await mapInTurns(items, (item) => item * 2)).to.deep.equal(doubled);
    for (const atOnce of [1, 7, 100, 1000]) {
      const work = async (item: number): Promise<number> => {
        if (item % 3 === 0) await new Promise(setImmediate);
        return item * 2;
      };
      expect(await mapInTurns(items, work, {atOnce})).to.deep.equal(doubled);
    }
    expect(await mapInTurns([], () => 1)).to.deep.equal([]);
  });

  it('works on so many at once, and on no more', async () => {
    let [working, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++working);
      await new Promise(setImmediate);
      working -= 1;
    };
    await mapInTurns(Array.from({length: 20}), work, {atOnce: 4});
    expect(most).to.equal(4);
  });

  it('ends with what the first one throws, and goes no further', async () => {
    const seen: number[] = [];
    const failing = mapInTurns([1, 2, 3], (item) => {
      seen.push(item);
      if (item === 2) throw new Error('no');
    });
    expect(await failing.catch((error: unknown) => error)).to.have.property('message', 'no');
    expect(seen).to.deep.equal([1, 2]);
  });

  it('others get their turn meanwhile', async () => {
    expect(await turnsUntil(mapInTurns([1, 2, 3, 4, 5], workLong))).to.be.at.least(5);
  });
});
