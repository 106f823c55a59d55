import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {staleRows} from '../demonstrations/key-versions.ts';
import type {MaintenanceJobStore} from '../../lib/storage/maintenance-job-store.ts';
import type {Node} from './node.ts';
import {unguarded} from './unguarded.ts';
import {until} from './until.ts';
import {useNodes} from './use-nodes.ts';

const STEPS = ['rotate', 'rewrap'] as const;
const FAR = Date.now() + 3_600_000;
/** So slow that a job is not done before somebody looks. */
const SLOW = {rate: 30};

const has = (node: Node, message: string): boolean => node.lines.some(({msg}) => msg === message);
const ended = (node: Node): boolean => has(node, 'job ended');

describe('leases of maintenance jobs', () => {
  const nodes = useNodes();

  it('keep a job that takes longer than a lease with one node', async () => {
    const [a, b] = [await nodes.open(), await nodes.open()];
    await a.populate({keystores: 2, keys: 30});
    // Time does not pass but with each renewal, half a lease: a busy machine that renews late loses nothing.
    const leaseMs = 300;
    const begun = Date.now();
    let time = begun;
    const clock = (): number => time;
    const {stores} = a.management;
    const acquire: MaintenanceJobStore['acquire'] = async (job, lease) => {
      const isHeld = await stores.jobs.acquire(job, lease);
      if (isHeld) time += leaseMs / 2;
      return isHeld;
    };
    const jobs = new Proxy(stores.jobs, {
      get: (store, name: keyof MaintenanceJobStore) =>
        name === 'acquire' ? acquire : store[name].bind(store),
    });
    const runner = a.runner({pace: {rate: 50}, leaseMs, clock, stores: {...stores, jobs}});
    const other = b.runner({leaseMs, clock});
    const {id} = await runner.start({steps: STEPS});
    await until(async () => {
      other.resume();
      return (await b.management.stores.jobs.find(id))?.finishedAt;
    });
    expect(time - begun).to.be.greaterThan(leaseMs);
    await until(async () => ended(a));
    expect(ended(b)).to.equal(false);
    expect(b.logged('warn').concat(b.logged('error'))).to.deep.equal([]);
  });

  it('pass at once from a node that stops to another', async () => {
    const [a, b] = [await nodes.open(), await nodes.open()];
    const [scope = ''] = await a.populate({keystores: 1, keys: 60});
    const runner = a.runner({pace: SLOW, leaseMs: 60_000});
    const {id} = await runner.start({steps: STEPS});
    await until(async () => runner.outcomeOf((await a.management.stores.jobs.find(id))!).rewrapped > 0);
    await runner.close();
    const left = staleRows(nodes.dataDir());
    expect(left).to.be.greaterThan(0);
    runner.resume();
    await sleep(50);
    expect(staleRows(nodes.dataDir())).to.equal(left);

    expect(await b.run({steps: STEPS})).to.deep.include({rotated: 1, rewrapped: 61, remaining: []});
    expect((await b.management.stores.jobs.listNewest({limit: 9})).map((job) => job.id)).to.deep.equal([id]);
    expect(ended(a)).to.equal(false);
    expect(staleRows(nodes.dataDir())).to.equal(0);
    expect((await b.versions(scope))['rootKey']).to.deep.equal([1, 2]);
  });

  it('of a node that died end by themselves; the same node goes on at once', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 2});
    const {jobs} = node.management.stores;
    const die = async (holder: string, expiresAt: number): Promise<void> => {
      const id = `job_${holder}`;
      await jobs.insert({id, steps: STEPS, createdAt: Date.now()});
      expect(await jobs.acquire(id, {holder, now: Date.now(), expiresAt})).to.equal(true);
    };
    const expiresAt = Date.now() + 400;
    await die('other', expiresAt);
    expect(await node.run({steps: STEPS})).to.include({rotated: 1});
    expect(Date.now()).to.be.at.least(expiresAt);
    await die('self', FAR);
    expect(await node.run({steps: STEPS}, {runner: node.runner({nodeId: 'self'})})).to.include({rotated: 1});
    expect(staleRows(nodes.dataDir())).to.equal(0);
  });

  it('stop a node that has lost them', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 60});
    const runner = node.runner({pace: SLOW, leaseMs: 150});
    const {id} = await runner.start({steps: STEPS});
    const {jobs} = node.management.stores;
    await until(async () => runner.outcomeOf((await jobs.find(id))!).rewrapped > 0);
    unguarded(
      nodes.dataDir(),
      `UPDATE maintenance_job SET holder = 'other', lease_expires_at = ? WHERE id = ?`,
      FAR,
      id,
    );
    await until(async () => has(node, 'another node does the job'));
    const left = staleRows(nodes.dataDir());
    expect(left).to.be.greaterThan(0);
    runner.resume();
    await sleep(200);
    expect(staleRows(nodes.dataDir())).to.equal(left);
    expect((await jobs.find(id))?.finishedAt).to.equal(undefined);
    await jobs.release(id, 'other');
    expect(await node.run({steps: STEPS}, {runner})).to.deep.include({rotated: 1, remaining: []});
    expect(staleRows(nodes.dataDir())).to.equal(0);
  });
});
