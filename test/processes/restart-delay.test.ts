import {expect} from 'chai';
import {RestartDelay} from '../../lib/processes/restart-delay.ts';

describe('RestartDelay', () => {
  it('is none for as many deaths as there are workers, then longer with each, up to half a minute', () => {
    let now = 0;
    const restart = new RestartDelay(2, () => now);
    const delays = Array.from({length: 11}, () => {
      now += 10;
      return restart.afterDeath();
    });
    expect(delays).to.deep.equal([0, 0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    now += 60_000;
    expect(restart.afterDeath()).to.equal(0);
  });
});
