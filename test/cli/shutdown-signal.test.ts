import {EventEmitter} from 'node:events';
import {expect} from 'chai';
import {shutdownSignal} from '../../lib/cli/shutdown-signal.ts';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }
}

describe('shutdown signal', () => {
  it('is the first of SIGTERM and SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      const source = new FakeProcess();
      const stop = shutdownSignal(source, () => 0);
      source.emit(signal, signal);
      expect(await stop).to.equal(signal);
      expect(source.exits).to.deep.equal([]);
    }
  });

  it('ends the process at once the second time', () => {
    const source = new FakeProcess();
    let now = 0;
    void shutdownSignal(source, () => now);
    source.emit('SIGTERM', 'SIGTERM');
    now = 501;
    source.emit('SIGINT', 'SIGINT');
    expect(source.exits).to.deep.equal([130]);
    now = 502;
    source.emit('SIGTERM', 'SIGTERM');
    expect(source.exits).to.deep.equal([130, 143]);
  });

  it('is the same one where the terminal and npm both pass it on', () => {
    const source = new FakeProcess();
    let now = 0;
    void shutdownSignal(source, () => now);
    source.emit('SIGINT', 'SIGINT');
    now = 500;
    source.emit('SIGINT', 'SIGINT');
    expect(source.exits).to.deep.equal([]);
  });
});
