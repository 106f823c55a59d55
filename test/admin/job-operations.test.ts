import {expect} from 'chai';
import {
  AdminError,
  type AdminCall,
  type AdminOperation,
  type AdminProgress,
} from '../../lib/admin/admin-operation.ts';
import {ADMIN_OPERATIONS} from '../../lib/admin/operation-table.ts';
import {jobs} from '../../lib/admin/operations/jobs.ts';
import {prune} from '../../lib/admin/operations/prune.ts';
import {rewrap} from '../../lib/admin/operations/rewrap.ts';
import {rotate} from '../../lib/admin/operations/rotate.ts';
import type {Node} from '../maintenance/node.ts';
import {unguarded} from '../maintenance/unguarded.ts';
import {until} from '../maintenance/until.ts';
import {useNodes} from '../maintenance/use-nodes.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';

const MISSING = 'https://localhost:9443/kms/keystores/z1AMissing';

describe('admin operations on keys', () => {
  const nodes = useNodes();

  const run = <P, R>(
    node: Node,
    operation: AdminOperation<P, R>,
    parameters: unknown,
    {signal = new AbortController().signal, report = () => undefined}: Partial<AdminCall> = {},
  ): Promise<R> => {
    const management = {...node.management, jobs: node.runner({pace: {rate: 200}})};
    return operation.run(management, operation.parse(parameters), {
      signal,
      report,
      write: async () => undefined,
    });
  };

  it('are in the table', () => {
    for (const operation of [rotate, rewrap, prune, jobs])
      expect(ADMIN_OPERATIONS.get(operation.name)).to.equal(operation);
  });

  it('take a keystore, or all, and nothing else', () => {
    expect(rotate.parse({all: true})).to.deep.equal({rewrap: false, prune: false});
    expect(rotate.parse({keystore: 'k', rewrap: true, prune: true})).to.deep.equal({
      keystore: 'k',
      rewrap: true,
      prune: true,
    });
    expect(rewrap.parse({})).to.deep.equal({});
    expect(prune.parse({keystore: 'k'})).to.deep.equal({keystore: 'k'});
    const bad: readonly (readonly [AdminOperation<unknown, unknown>, unknown])[] = [
      [rotate, {}],
      [rotate, {all: false}],
      [rotate, {all: true, keystore: 'k'}],
      [rotate, {all: 'yes'}],
      [rotate, {all: true, rewrap: 1}],
      [rotate, {all: true, other: 1}],
      [rotate, {keystore: ''}],
      [rewrap, {keystore: 1}],
      [rewrap, {all: true}],
      [prune, []],
      [jobs, {keystore: 'k'}],
    ];
    for (const [operation, parameters] of bad)
      expect(() => operation.parse(parameters), JSON.stringify(parameters))
        .to.throw(AdminError)
        .with.property('reason', 'invalid');
  });

  it('rotate, rewrap and prune one keystore and all, step by step and at once', async () => {
    const node = await nodes.open();
    const [first = '', second = ''] = await node.populate({keystores: 2, keys: 2});
    expect(await run(node, rotate, {keystore: first})).to.include({rotated: 1, rewrapped: 0, pruned: 0});
    expect(await run(node, rewrap, {keystore: second})).to.include({rewrapped: 0});
    expect(await run(node, rewrap, {})).to.include({rewrapped: 3});
    expect(await run(node, prune, {})).to.include({pruned: 4});
    const steps: string[] = [];
    const report = ({step}: AdminProgress): void => void steps.push(step);
    const all = await run(node, rotate, {all: true, rewrap: true, prune: true}, {report});
    expect(all).to.include({rotated: 2, rewrapped: 6, pruned: 8});
    expect(all.job).to.match(/^job_/);
    expect(steps).to.not.be.empty;
    expect((await node.versions(first))['rootKey']).to.deep.equal([3]);
    expect((await node.versions(second))['rootKey']).to.deep.equal([2]);
  });

  it('refuse a keystore that is not there, and a second job', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 1});
    for (const operation of [rotate, rewrap, prune] as const)
      expect(
        await expectRejection(run<unknown, unknown>(node, operation, {keystore: MISSING}), AdminError),
      ).to.include({
        reason: 'not-found',
      });
    const {stores} = node.management;
    expect(await stores.jobs.listNewest({limit: 1})).to.deep.equal([]);
    await stores.jobs.insert({id: 'job_other', steps: ['prune'], createdAt: 1});
    await stores.jobs.acquire('job_other', {holder: 'other', now: 1, expiresAt: Date.now() + 60_000});
    const refusal = await expectRejection(run(node, rotate, {all: true}), AdminError);
    expect(refusal.reason).to.equal('refused');
    expect(refusal.message).to.contain('prune of all');
  });

  it('go on without their command, and are listed', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 40});
    expect(await run(node, jobs, {})).to.deep.equal({finished: []});
    const command = new AbortController();
    const running = expectRejection(
      run(node, rotate, {all: true, rewrap: true}, {signal: command.signal}),
      Error,
    );
    const {unfinished} = await until(async () => {
      const listed = await run(node, jobs, {});
      return listed.unfinished && listed;
    });
    command.abort(new Error('gone'));
    await running;
    expect(unfinished).to.deep.include({steps: ['rotate', 'rewrap']});
    const listed = await until(async () => {
      const now = await run(node, jobs, {});
      return !now.unfinished && now;
    });
    expect(listed.finished).to.have.lengthOf(1);
    expect(listed.finished[0]).to.include({id: unfinished?.id});
    expect(listed.finished[0]?.outcome).to.include({rotated: 1, rewrapped: 41});
  });

  it('fail where something is left, and say what', async () => {
    const node = await nodes.open();
    const [scope = ''] = await node.populate({keystores: 1, keys: 2});
    unguarded(nodes.dataDir(), 'UPDATE key_record SET max_capability_chain_length = 9');
    const failure = await expectRejection(run(node, rotate, {all: true, rewrap: true}), AdminError);
    expect(failure.reason).to.equal('failed');
    expect(failure.message).to.contain(`${scope}: 2 × key record`);
    const {finished} = await run(node, jobs, {});
    expect(finished[0]?.outcome.failure).to.match(/1 scope/);
  });
});
