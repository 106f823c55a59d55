import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {Pacer} from '../../lib/integrity/pacer.ts';

/** Longer than the work after which it pauses. */
const LONG_MS = 6;
const STEPS = 20;

function work(): void {
  const {active} = performance.eventLoopUtilization();
  while (performance.eventLoopUtilization().active < active + LONG_MS);
}

describe('the pace of a walk over the database', () => {
  async function pausesAfter(each: () => unknown): Promise<number> {
    let pauses = 0;
    const pacer = new Pacer({
      step: 'walking',
      pause: async (ms) => {
        expect(ms).to.be.greaterThan(0);
        pauses++;
      },
    });
    // What came before is no work of its own.
    await sleep(1);
    for (let step = 0; step < STEPS; step++) {
      await each();
      await pacer.step();
    }
    return pauses;
  }

  it('pauses after each piece of work that others would have to wait for', async () => {
    expect(await pausesAfter(work)).to.equal(STEPS);
  });

  it('does not where it was waiting itself: others were served meanwhile', async () => {
    expect(await pausesAfter(() => sleep(LONG_MS))).to.be.lessThan(STEPS / 2);
  });

  it('tells how far it is, in the end too, and stops where it is told to', async () => {
    const told: unknown[] = [];
    const stopping = new AbortController();
    const pacer = new Pacer({
      step: 'walking',
      report: (progress) => told.push(progress),
      signal: stopping.signal,
    });
    await pacer.step();
    await pacer.step();
    pacer.finish();
    expect(told).to.deep.equal([{step: 'walking', done: 2}]);
    stopping.abort(new Error('That is enough.'));
    const outcome = await pacer.step().catch((error: unknown) => error);
    expect(outcome).to.have.property('message', 'That is enough.');
  });
});
