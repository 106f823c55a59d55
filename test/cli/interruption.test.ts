import {expect} from 'chai';
import {InterruptedError, watchInterruption} from '../../lib/cli/interruption.ts';

// Not SIGINT: the test runner listens for it.
const SIGNALS = ['SIGTERM', 'SIGHUP'] as const;

describe('watchInterruption', () => {
  for (const signal of SIGNALS) {
    it(`aborts at ${signal}, until it is disposed of`, () => {
      const before = process.listenerCount(signal);
      const watch = watchInterruption();
      expect(watch.signal.aborted).to.equal(false);
      process.emit(signal, signal);
      expect(watch.signal.reason).to.be.instanceOf(InterruptedError);
      watch[Symbol.dispose]();
      expect(process.listenerCount(signal)).to.equal(before);
    });
  }
});
