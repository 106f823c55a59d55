import {expect} from 'chai';
import {ChannelError, type Channel} from '../../lib/processes/channel.ts';
import {machineTimeMs} from '../../lib/processes/rate-shares.ts';
import {Relay} from '../../lib/processes/relay.ts';
import type {WorkerProcess} from '../../lib/processes/worker-process.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {channelPair} from './channel-pair.ts';

describe('Relay', () => {
  /** An hour: none ends while the test runs, but for one in many. */
  const RATE = {points: 1600, seconds: 3600};
  const window = (): number => Math.floor(machineTimeMs() / 3_600_000);

  function workersOf(count: number): readonly Channel[] {
    const relay = new Relay({workers: () => [], rates: {address: RATE, invoker: undefined}, count});
    return Array.from({length: count}, () => {
      const [channel, own] = channelPair({maxEarly: 0}).ends;
      relay.serve({channel} as unknown as WorkerProcess);
      return own;
    });
  }
  const honest = (worker: Channel | undefined, subject = 'one'): Promise<unknown> | undefined =>
    worker?.ask('points', {limiter: 'address', subject, window: window(), want: 50});

  it('gives honest workers points, whatever another one has asked for', async () => {
    const [taken, other] = workersOf(2);
    expect(await honest(other)).to.equal(50);
    const request = {limiter: 'address', subject: 'one', window: window(), want: 50};
    for (const forged of [
      undefined,
      null,
      'address',
      [],
      {...request, window: Infinity},
      {...request, window: NaN},
      {...request, window: String(window())},
      {...request, window: -1},
      {...request, want: Infinity},
      {...request, want: -1e9},
      {...request, want: '50'},
      {...request, subject: 'x'.repeat(2049)},
      {...request, subject: {}},
      {...request, limiter: 'constructor'},
      {...request, limiter: '__proto__'},
    ])
      await expectRejection(taken?.ask('points', forged) ?? Promise.resolve(), ChannelError);
    for (const window of [Number.MAX_SAFE_INTEGER, request.window + 2, request.window - 1, 0])
      expect(await taken?.ask('points', {...request, window})).to.equal(0);
    expect(await taken?.ask('points', {...request, window: request.window + 1})).to.equal(50);
    expect(await honest(other)).to.equal(50);
    expect(await honest(taken, 'x'.repeat(2048))).to.equal(50);
    // There is no such rate.
    expect(await other?.ask('points', {...request, limiter: 'invoker'})).to.equal(0);
  });
});
