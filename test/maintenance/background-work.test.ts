import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {startBackgroundWork} from '../../lib/background-work.ts';
import type {Node} from './node.ts';
import {until} from './until.ts';
import {useNodes} from './use-nodes.ts';

describe('what a server does beside answering', () => {
  const nodes = useNodes();
  const random = Math.random;
  afterEach(() => {
    Math.random = random;
  });

  const start = ({management}: Node, rotateAfterSeconds?: number): (() => Promise<void>) => {
    // Old keys are looked for at once.
    Math.random = () => 0;
    const stop = startBackgroundWork({...management, settings: {...management.settings, rotateAfterSeconds}});
    Math.random = random;
    return stop;
  };
  const unfinished = (node: Node) => node.management.stores.jobs.findUnfinished();

  it('rotates and rewraps what is older than the setting says, where there is one', async () => {
    const node = await nodes.open();
    const [scope = ''] = await node.populate({keystores: 1, keys: 3});
    await sleep(1100);
    const without = start(node);
    await sleep(200);
    await without();
    expect((await node.versions(scope))['rootKey']).to.deep.equal([1]);

    const stop = start(node, 1);
    const {jobs} = node.management.stores;
    await until(async () => (await jobs.listNewest({limit: 1}))[0]?.finishedAt !== undefined);
    await stop();
    const [job] = await jobs.listNewest({limit: 2});
    expect(job).to.deep.include({steps: ['rotate', 'rewrap']});
    expect(job?.failure).to.equal(undefined);
    expect((await node.versions(scope))['rootKey']).to.deep.equal([1, 2]);
    expect(await node.useEveryKey()).to.equal(3);
  });

  it('waits, where it is stopped, for what it has begun with the roots, and begins nothing then', async () => {
    const {management} = await nodes.open();
    const gate = Promise.withResolvers<undefined>();
    const said: string[] = [];
    const signals: (AbortSignal | undefined)[] = [];
    const rootChanges = {
      resume: async ({signal}: {signal?: AbortSignal}) => {
        signals.push(signal);
        await gate.promise;
        said.push('ended');
      },
    } as unknown as typeof management.rootChanges;
    const stop = startBackgroundWork({...management, rootChanges});
    const stopped = stop().then(() => said.push('stopped'));
    expect(signals.map((signal) => signal?.aborted)).to.deep.equal([true]);
    await management.root.seal();
    await management.root.unsealStored();
    gate.resolve(undefined);
    await stopped;
    expect(said).to.deep.equal(['ended', 'stopped']);
    expect(signals).to.have.length(1);
  });

  it('goes on with a job that was interrupted; while sealed, when it is unsealed', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 1});
    const {root, stores} = node.management;
    await root.seal();
    await stores.jobs.insert({id: 'job_interrupted', steps: ['rotate'], createdAt: Date.now()});
    const stop = start(node);
    await sleep(200);
    expect(await unfinished(node)).to.include({id: 'job_interrupted'});
    await root.unsealStored();
    await until(async () => (await unfinished(node)) === undefined);
    await stop();
    expect((await stores.jobs.find('job_interrupted'))?.failure).to.equal(undefined);
  });
});
