import {expect} from 'chai';
import type {Settings} from '../../../lib/config/settings.ts';
import {AgreedRoots} from '../../../lib/isolation/primary-side/agreed-roots.ts';
import {WorkerKeys} from '../../../lib/isolation/primary-side/worker-keys.ts';
import {createLogger} from '../../../lib/observability/logger.ts';
import {ChannelError, type Channel} from '../../../lib/processes/channel.ts';
import {RootRelay} from '../../../lib/processes/root-relay.ts';
import type {WorkerExit, WorkerProcess} from '../../../lib/processes/worker-process.ts';
import {channelPair} from '../../processes/channel-pair.ts';
import {expectRejection} from '../../sealing/expect-rejection.ts';

describe('WorkerKeys', () => {
  const log = createLogger({level: 'silent'});
  let own: Channel;
  let exited: PromiseWithResolvers<WorkerExit>;
  let waits: number[];
  let goOn: Promise<void>;

  beforeEach(() => {
    const pair = channelPair({maxEarly: 0});
    own = pair.ends[1];
    exited = Promise.withResolvers();
    waits = [];
    goOn = Promise.resolve();
    const worker = {channel: pair.ends[0], number: 2, exited: exited.promise} as unknown as WorkerProcess;
    new WorkerKeys({
      ...{worker, log, relay: new RootRelay(log), roots: new AgreedRoots(log), isFirst: false},
      settings: {} as Settings,
      status: async () => [],
      wait: (ms, signal) => {
        waits.push(ms);
        return Promise.race([goOn, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
      },
    });
  });

  /** Of a worker that is not the first: there is none to be run, and a running one ends all the same. */
  const ask = (): Promise<unknown> => own.ask('run-keys', {seeding: true});

  it('lets a worker wait that asks for one key process after the other, but not for the first few', async () => {
    for (let i = 0; i < 13; i++) expect(await ask()).to.equal(undefined);
    expect(waits.slice(0, 8)).to.deep.equal([0, 0, 0, 0, 250, 500, 1000, 2000]);
    // Not as long as a worker waits for the answer.
    expect(waits.slice(8)).to.deep.equal([4000, 8000, 15_000, 15_000, 15_000]);
  });

  it('refuses another while one is waited for, and runs none for a worker that has ended meanwhile', async () => {
    goOn = new Promise(() => undefined);
    const first = expectRejection(ask(), ChannelError);
    const second = await expectRejection(ask(), ChannelError);
    expect(second.message).to.include('just being run');
    exited.resolve({code: null, signal: 'SIGKILL'});
    expect((await first).message).to.equal('The worker is gone.');
    expect(waits).to.deep.equal([0]);
  });

  it('does not count on what the worker says', async () => {
    for (const payload of [undefined, null, {}, {seeding: 1}, {seeding: true, places: ['/']}])
      await expectRejection(own.ask('run-keys', payload), ChannelError);
    expect(await ask()).to.equal(undefined);
  });
});
