import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {collectReleasedKeys, collectWhenIdle} from '../lib/collect-garbage.ts';

describe('collecting garbage', () => {
  const released = (): WeakRef<object> => new WeakRef({});

  const gone = async (reference: WeakRef<object>): Promise<void> => {
    while (reference.deref()) await sleep(5);
  };

  it('collects what was released', async () => {
    const reference = released();
    collectReleasedKeys();
    await gone(reference);
  });

  it('collects in a process that does nothing', async () => {
    const reference = released();
    const stop = collectWhenIdle(50);
    await gone(reference);
    stop();
  });

  it('leaves no way to collect behind', () => {
    expect(globalThis).not.to.have.property('gc');
  });
});
