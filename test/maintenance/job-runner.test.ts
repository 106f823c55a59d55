import {expect} from 'chai';
import type {StepProgress} from '../../lib/maintenance/job-outcome.ts';
import {JobUnfinishedError} from '../../lib/maintenance/job-request.ts';
import {InvalidSchemaError} from '../../lib/sealing/sealing-errors.ts';
import {NO_SECRETS} from '../../lib/sealing/secrets.ts';
import {ROOTS_SCOPE, SERVER_SCOPE} from '../../lib/sealing/scopes.ts';
import {staleRows} from '../demonstrations/key-versions.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {until} from './until.ts';
import {useNodes} from './use-nodes.ts';
import {withMethods} from './with-methods.ts';

const EVERYTHING = ['rotate', 'rewrap', 'prune'] as const;
const all = (...versions: readonly number[]) => ({
  rootKey: versions,
  audit: versions,
  'key-material': versions,
  'record-mac': versions,
});

describe('maintenance jobs', () => {
  const nodes = useNodes();

  it('rotate everything, rewrap it, and destroy the old versions', async () => {
    const node = await nodes.open();
    const keystores = await node.populate({keystores: 3, keys: 20});
    await node.management.hierarchy.createKeys(SERVER_SCOPE, ['audit']);
    expect(await node.useEveryKey()).to.equal(60);
    const outcome = await node.run({steps: EVERYTHING});
    expect(outcome).to.deep.equal({
      rotated: 4,
      rewrapped: 63,
      pruned: 3 * 4 + 2,
      remaining: [],
      remainingNotListed: 0,
    });
    for (const scope of keystores) expect(await node.versions(scope)).to.deep.equal(all(2));
    expect(await node.versions(SERVER_SCOPE)).to.deep.equal({rootKey: [2], audit: [2]});
    expect(staleRows(nodes.dataDir())).to.equal(0);
    expect(await node.useEveryKey()).to.equal(60);
  });

  it('rotate the keys that seal for roots of trust, too', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 1});
    const {rootChanges, stores} = node.management;
    await rootChanges.add(`file:${nodes.dataDir()}/second.key`, {secrets: NO_SECRETS});
    const progress: StepProgress[] = [];
    const runner = node.runner({pace: {share: 0.1}});
    const outcome = await node.run({steps: EVERYTHING}, {runner, progress});
    expect(outcome).to.deep.equal({
      rotated: 2,
      rewrapped: 2 + 2,
      pruned: 4 + 2,
      remaining: [],
      remainingNotListed: 0,
    });
    expect(await node.versions(ROOTS_SCOPE)).to.deep.equal({rootKey: [2], 'root-sealer': [2]});
    const keys = await node.management.hierarchy.listKeys(ROOTS_SCOPE);
    const newest = keys[1]?.versions[0]?.id;
    const roots = await stores.keyHierarchy.listRootWrappers();
    expect(roots.map(({sealer}) => sealer?.dataKeyVersionId)).to.deep.equal([newest, newest]);
    expect(await node.useEveryKey()).to.equal(1);
  });

  it('do their steps alone, and together what is left is told', async () => {
    const node = await nodes.open();
    const [scope = ''] = await node.populate({keystores: 1, keys: 3});
    expect(await node.run({steps: ['rotate']})).to.include({rotated: 1, rewrapped: 0, pruned: 0});
    expect(await node.versions(scope)).to.deep.equal(all(1, 2));
    expect(staleRows(nodes.dataDir())).to.equal(3 + 3 + 1);

    // The old root key version still seals the old versions of the data keys; nothing is sealed under that of `audit`.
    const early = await node.run({steps: ['prune']});
    expect(early).to.deep.equal({
      rotated: 0,
      rewrapped: 0,
      pruned: 1,
      remaining: [
        {scope, kind: 'data key version', count: 2, reason: 'in use'},
        {scope, kind: 'root key version', count: 1, reason: 'in use'},
      ],
      remainingNotListed: 0,
    });
    expect(await node.useEveryKey()).to.equal(3);

    expect(await node.run({steps: ['rewrap']})).to.include({rotated: 0, rewrapped: 4, pruned: 0});
    expect(staleRows(nodes.dataDir())).to.equal(0);
    expect(await node.run({steps: ['rewrap']})).to.include({rewrapped: 0});
    expect(await node.run({steps: ['prune']})).to.deep.include({pruned: 3, remaining: []});
    expect(await node.versions(scope)).to.deep.equal(all(2));
    expect(await node.useEveryKey()).to.equal(3);
  });

  it('of one scope leave the others as they are', async () => {
    const node = await nodes.open();
    const [first = '', second = ''] = await node.populate({keystores: 2, keys: 2});
    const outcome = await node.run({steps: EVERYTHING, scope: second});
    expect(outcome).to.include({rotated: 1, rewrapped: 3, pruned: 4});
    expect(await node.versions(first)).to.deep.equal(all(1));
    expect(await node.versions(second)).to.deep.equal(all(2));
  });

  it('rotate what is older than asked for, and nothing twice', async () => {
    const node = await nodes.open();
    const [old = ''] = await node.populate({keystores: 1, keys: 1});
    await new Promise((resolve) => setTimeout(resolve, 2));
    const rotateBefore = Date.now();
    const [young = ''] = await node.populate({keystores: 1, keys: 1});
    expect(await node.run({steps: ['rotate'], rotateBefore})).to.include({rotated: 1});
    expect(await node.versions(old)).to.deep.equal(all(1, 2));
    expect(await node.versions(young)).to.deep.equal(all(1));
    expect(await node.run({steps: ['rotate'], rotateBefore})).to.include({rotated: 0});
    expect(await node.versions(old)).to.deep.equal(all(1, 2));
  });

  it('do not pass over in silence what was made while the clock was ahead', async () => {
    const node = await nodes.open();
    const [scope = ''] = await node.populate({keystores: 1, keys: 1});
    const behind = node.runner({clock: () => Date.now() - 600_000});
    const outcome = await node.run({steps: ['rotate']}, {runner: behind});
    expect(outcome.failure).to.match(/^1 scope could not be done/);
    expect(outcome.remaining).to.deep.equal([
      {scope, kind: 'root key', count: 1, reason: 'its newest version is of the future'},
    ]);
    expect(await node.run({steps: ['rotate']})).to.include({rotated: 1});
  });

  it('say how far they are', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 2, keys: 40});
    const progress: StepProgress[] = [];
    // Slowly enough to be seen.
    await node.run({steps: EVERYTHING}, {runner: node.runner({pace: {rate: 80}}), progress});
    const steps = [...new Set(progress.map(({step}) => step))];
    expect(steps).to.deep.equal(
      ['rotating', 'rewrapping', 'pruning'].filter((step) => steps.includes(step as never)),
    );
    const rewrapping = progress.filter(({step, total}) => step === 'rewrapping' && total !== undefined);
    expect(rewrapping.length).to.be.greaterThan(2);
    const done = rewrapping.map((each) => each.done);
    expect(done).to.deep.equal(done.toSorted((a, b) => a - b));
    expect(new Set(done).size).to.be.greaterThan(2);
    for (const {total} of rewrapping) expect(total).to.equal(82);
  });

  it('rewrap too what was sealed before the rotation and is written after the rewrapping', async () => {
    const node = await nodes.open();
    const [scope = ''] = await node.populate({keystores: 1, keys: 5});
    const late = await node.makeKey(scope);
    const runner = node.runner({settleMs: 500});
    const {id} = await runner.start({steps: EVERYTHING});
    const job = await until(() => node.management.stores.jobs.find(id));
    await until(async () => runner.outcomeOf(job).rewrapped === 6);
    await node.insertKey(late);
    expect(staleRows(nodes.dataDir())).to.equal(1);
    expect(await node.run({steps: EVERYTHING}, {runner})).to.deep.include({rewrapped: 7, remaining: []});
    expect(await node.useEveryKey()).to.equal(6);
  });

  it('wait for this node to hear of what another has rotated', async () => {
    const [a, b] = [await nodes.open(), await nodes.open({refreshMs: 300})];
    const [scope = ''] = await a.populate({keystores: 1, keys: 5});
    expect(await b.useEveryKey()).to.equal(5);
    await a.management.hierarchy.rotateKeys(scope, {rewrap: true});
    expect(await b.run({steps: ['rewrap']})).to.deep.include({rewrapped: 6, remaining: []});
    expect(staleRows(nodes.dataDir())).to.equal(0);
    expect(await b.useEveryKey()).to.equal(5);
  });

  it('go on where who watches has gone', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 30});
    const runner = node.runner({pace: {rate: 100}});
    const {id} = await runner.start({steps: ['rotate', 'rewrap']});
    const gone = new Error('gone');
    const signal = AbortSignal.abort(gone);
    expect(await expectRejection(runner.watch(id, {report: () => undefined, signal}), Error)).to.equal(gone);
    await until(async () => (await node.management.stores.jobs.find(id))?.finishedAt);
    expect(staleRows(nodes.dataDir())).to.equal(0);
  });

  it('are one at a time: the same request joins, another is refused', async () => {
    const node = await nodes.open();
    const [scope = ''] = await node.populate({keystores: 1, keys: 30});
    const runner = node.runner({pace: {rate: 100}});
    const {id} = await runner.start({steps: ['rotate', 'rewrap']});
    expect((await runner.start({steps: ['rotate', 'rewrap']})).id).to.equal(id);
    for (const other of [
      {steps: ['rewrap']},
      {steps: ['rotate', 'rewrap'], scope},
      {steps: ['rotate', 'rewrap'], rotateBefore: 1},
    ] as const) {
      const {job} = await expectRejection(runner.start(other), JobUnfinishedError);
      expect(job.id).to.equal(id);
    }
    expect(await node.run({steps: ['rotate', 'rewrap']}, {runner})).to.include({rotated: 1, rewrapped: 31});
    expect((await runner.start({steps: ['rewrap']})).id).to.not.equal(id);
  });

  it('rewrap every column that names data key versions, or are refused', async () => {
    const node = await nodes.open();
    const runner = node.runner();
    await runner.assertAllRewrapped();
    const {hierarchy} = node.management;
    const name = 'audit_checkpoint.mac_key_version';
    const administration = withMethods(hierarchy, {
      listDataKeyVersionReferencers: async () => [
        ...(await hierarchy.listDataKeyVersionReferencers()),
        {name, restricts: true},
      ],
    });
    const lacking = node.runner({hierarchy: administration});
    const error = await expectRejection(lacking.start({steps: ['rotate']}), InvalidSchemaError);
    expect(error.message).to.contain(name).and.not.contain('key_version.data_key_version');
    expect(await node.management.stores.jobs.findUnfinished()).to.equal(undefined);
    const sealedData = [
      {
        kind: 'checkpoint',
        referencers: [name],
        countUnder: async () => 0,
        rewrap: async () => ({resealed: 0, conflicts: 0, failed: []}),
      },
    ];
    await node.runner({hierarchy: administration, sealedData}).assertAllRewrapped();
  });
});
