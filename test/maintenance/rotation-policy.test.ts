import {expect} from 'chai';
import {applyRotationPolicy, startRotationPolicy} from '../../lib/maintenance/rotation-policy.ts';
import type {JobRequest} from '../../lib/maintenance/job-request.ts';
import type {JobRunner} from '../../lib/maintenance/job-runner.ts';
import {UnavailableError} from '../../lib/errors.ts';
import {staleRows} from '../demonstrations/key-versions.ts';
import type {Node} from './node.ts';
import {until} from './until.ts';
import {useNodes} from './use-nodes.ts';

const DAY_MS = 86_400_000;

describe('rotation by age', () => {
  const nodes = useNodes();

  const apply = ({management}: Node, jobs: JobRunner, clock = Date.now): Promise<void> =>
    applyRotationPolicy({
      rotateAfterMs: 90 * DAY_MS,
      jobs,
      hierarchy: management.hierarchy,
      store: management.stores.keyHierarchy,
      log: management.log,
      clock,
    });
  const jobsOf = ({management}: Node) => management.stores.jobs.listNewest({limit: 9});

  it('begins when the first keystore is old enough, and rotates the old ones alone', async () => {
    const node = await nodes.open();
    const [old = ''] = await node.populate({keystores: 1, keys: 3});
    const made = Date.now();
    const runner = node.runner();
    await apply(node, runner, () => made + 89 * DAY_MS);
    expect(await jobsOf(node)).to.deep.equal([]);

    await new Promise((resolve) => setTimeout(resolve, 5));
    const [young = ''] = await node.populate({keystores: 1, keys: 3});
    await apply(node, runner, () => made + 1 + 90 * DAY_MS);
    const [job] = await jobsOf(node);
    expect(job).to.deep.include({steps: ['rotate', 'rewrap'], rotateBefore: made + 1});
    await until(async () => (await jobsOf(node))[0]?.finishedAt);
    expect((await node.versions(old))['rootKey']).to.deep.equal([1, 2]);
    expect((await node.versions(young))['rootKey']).to.deep.equal([1]);
    expect(staleRows(nodes.dataDir())).to.equal(0);

    await apply(node, runner, () => made + 1 + 90 * DAY_MS);
    expect(await jobsOf(node)).to.have.lengthOf(1);
  });

  it('is looked for by itself, until that is stopped', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 1});
    const {hierarchy, log, stores} = node.management;
    const begun: number[] = [];
    const clock = (): number => Date.now() + 91 * DAY_MS;
    const jobs = {
      async start({rotateBefore = 0}: JobRequest) {
        begun.push(rotateBefore);
        return {id: 'job_1', steps: [], createdAt: 0};
      },
    };
    const random = Math.random;
    // Soon after the start, and not at the same time on every node.
    for (const [share, count] of [
      [0, 1],
      [0.5, 1],
      [0, 2],
    ] as const) {
      Math.random = () => share;
      const stop = startRotationPolicy({
        rotateAfterMs: 90 * DAY_MS,
        store: stores.keyHierarchy,
        ...{jobs, hierarchy, log, clock},
      });
      Math.random = random;
      await new Promise((resolve) => setTimeout(resolve, 60));
      stop();
      expect(begun).to.have.lengthOf(count);
    }
    for (const rotateBefore of begun)
      expect(clock() - rotateBefore).to.be.within(90 * DAY_MS, 90 * DAY_MS + 10_000);
  });

  it('is done once, however many nodes look', async () => {
    const opened = [await nodes.open(), await nodes.open(), await nodes.open()];
    const [scope = ''] = await opened[0]!.populate({keystores: 1, keys: 3});
    const later = (): number => Date.now() + 91 * DAY_MS;
    await Promise.all(opened.map((node) => apply(node, node.runner(), later)));
    await until(async () => (await jobsOf(opened[0]!))[0]?.finishedAt);
    expect(await jobsOf(opened[0]!)).to.have.lengthOf(1);
    expect((await opened[0]!.versions(scope))['rootKey']).to.deep.equal([1, 2]);
    for (const node of opened) expect(node.logged('warn').filter(({err}) => err)).to.deep.equal([]);
  });

  it('waits for another time where it cannot', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 1});
    const {management} = node;
    const later = (): number => Date.now() + 91 * DAY_MS;
    await management.stores.jobs.insert({id: 'job_other', steps: ['prune'], createdAt: 1});
    await management.stores.jobs.acquire('job_other', {holder: 'other', now: 1, expiresAt: later()});
    await apply(node, node.runner(), later);
    expect(await jobsOf(node)).to.have.lengthOf(1);
    await applyRotationPolicy({
      rotateAfterMs: 1,
      jobs: node.runner(),
      hierarchy: {
        listKeys: async () => {
          throw new UnavailableError('Not now.');
        },
      },
      store: management.stores.keyHierarchy,
      log: management.log,
    });
    expect(node.logged('warn').some(({msg}) => msg === 'the age of keys could not be looked at')).to.equal(
      true,
    );
  });
});
