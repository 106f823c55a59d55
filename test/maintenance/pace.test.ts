import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {Pace} from '../../lib/maintenance/pace.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';

const {signal} = new AbortController();

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe('pace of maintenance', () => {
  it('keeps to a rate of rows, and asks nothing for work that changes none', async () => {
    const pace = new Pace({rate: 200, share: 1});
    const ms = await time(async () => {
      for (let batch = 0; batch < 5; batch++)
        await pace.run(
          async () => 10,
          (rows) => rows,
          signal,
        );
    });
    expect(ms).to.be.at.least(5 * 50 - 10);
    const idle = await time(async () => {
      for (let batch = 0; batch < 5; batch++)
        await pace.run(
          async () => 0,
          (rows) => rows,
          signal,
        );
    });
    expect(idle).to.be.below(100);
  });

  it('does not catch up on what it was too slow for', async () => {
    const pace = new Pace({rate: 100, share: 1});
    const batch = (ms: number) =>
      pace.run(
        () => sleep(ms, 5),
        (rows) => rows,
        signal,
      );
    await batch(200);
    expect(await time(() => batch(0))).to.be.at.least(45);
  });

  it('works for its share of the time', async () => {
    const pace = new Pace({share: 0.25});
    const ms = await time(() =>
      pace.run(
        () => sleep(40),
        () => 1,
        signal,
      ),
    );
    expect(ms).to.be.at.least(4 * 39);
  });

  it('stops in a pause, and before a piece of work', async () => {
    const pace = new Pace({rate: 0.01});
    const controller = new AbortController();
    const stopped = new Error('stopped');
    let pieces = 0;
    const run = () =>
      pace.run(
        async () => ++pieces,
        () => 1,
        controller.signal,
      );
    const running = expectRejection(run(), Error);
    await sleep(20);
    controller.abort(stopped);
    expect(await running).to.equal(stopped);
    expect(await expectRejection(run(), Error)).to.equal(stopped);
    expect(pieces).to.equal(1);
  });
});
