import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {UnavailableError} from '../../../../lib/errors.ts';
import {
  WorkerPool,
  type WorkerPoolLimits,
} from '../../../../lib/key-modules/software/worker-pool/worker-pool.ts';
import {rejection} from '../../fixtures.ts';
import type {Job} from './script.ts';

const SCRIPT = new URL('./script.ts', import.meta.url);
const LIB = new URL('../../../../lib/key-modules/software/worker-pool/', import.meta.url);
const LIMITS: WorkerPoolLimits = {threads: 1, queueLength: 3, share: 2, timeLimitMs: 15_000};

describe('worker pool', () => {
  const pools: WorkerPool<Job, number>[] = [];
  afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

  function create(limits: Partial<WorkerPoolLimits> = {}, script = SCRIPT) {
    const pool = new WorkerPool<Job, number>(script, {...LIMITS, ...limits});
    pools.push(pool);
    return (job: Job, scope = 'a') => pool.run(scope, () => job);
  }

  async function expectUnavailable(promise: Promise<unknown>, cause: RegExp): Promise<void> {
    const error = await rejection(promise);
    expect(error).to.be.instanceOf(UnavailableError);
    expect((error.cause as Error).message).to.match(cause);
  }

  it('works in one thread, job after job', async () => {
    const run = create();
    const [first, second] = [await run('thread'), await run('thread')];
    expect(first).to.be.above(0).and.equal(second);
  });

  it('ends threads that are to be retired: at once where they do nothing, else after the job that they are at', async () => {
    const pool = new WorkerPool<Job, number>(SCRIPT, LIMITS);
    pools.push(pool);
    const run = (): Promise<number> => pool.run('a', () => 'thread');
    const first = await run();
    pool.retireThreads();
    const second = await run();
    expect(second).to.be.above(first);
    const [third, fourth] = [run(), run()];
    pool.retireThreads();
    expect(await third).to.equal(second);
    expect(await fourth).to.be.above(second);
    expect(await run()).to.equal(await fourth);
  });

  it('says of what a job throws the name alone, and goes on in the same thread', async () => {
    const run = create();
    const thread = await run('thread');
    expect((await rejection(run('throw'))).message).to.equal('The worker failed with RangeError.');
    expect(await run('thread')).to.equal(thread);
  });

  for (const [job, cause] of [
    ['exit', /ended with code 3/],
    ['crash', /crashed/],
  ] as const) {
    it(`is unavailable to the job at which its thread died (${job}), and starts another for the next`, async () => {
      const run = create();
      const thread = await run('thread');
      const [, next] = await Promise.all([expectUnavailable(run(job), cause), run('thread')]);
      expect(next).to.be.above(thread);
    });
  }

  it('ends the thread of a job that takes too long, and starts another for the next', async () => {
    const run = create({timeLimitMs: 1500});
    const thread = await run('thread');
    const [, next] = await Promise.all([expectUnavailable(run('spin'), /over 1500 ms/), run('thread')]);
    expect(next).to.be.above(thread);
  });

  it('is unavailable where its script cannot be loaded', async () => {
    const run = create({}, new URL('./there-is-none.ts', import.meta.url));
    await expectUnavailable(run('thread'), /Cannot find module/);
  });

  it('lets so many wait and no more, and of one scope its share', async () => {
    const run = create();
    const running = run('thread');
    const own = [run('thread'), run('thread')];
    const refused = await rejection(run('thread'));
    expect(refused).to.be.instanceOf(UnavailableError);
    expect(refused.message).to.match(/busy with this keystore/);
    const other = run('thread', 'b');
    const full = await rejection(run('thread', 'b'));
    expect(full).to.be.instanceOf(UnavailableError);
    expect(full.message).to.match(/module is busy\./);
    await Promise.all([running, ...own, other]);
    expect(await run('thread', 'c')).to.be.above(0);
  });

  it('lets no scope keep others out of the queue: who has most makes room', async () => {
    const run = create({queueLength: 4, share: 4});
    const running = run('thread');
    const greedy = ['first', 'second', 'third', 'fourth'].map(() =>
      run('thread').then(
        () => 'done',
        (error: unknown) => error,
      ),
    );
    const others = ['b', 'c', 'd'].map((scope) => run('thread', scope));
    const full = await rejection(run('thread', 'e'));
    expect(full).to.be.instanceOf(UnavailableError);
    await Promise.all([running, ...others]);
    const [first, ...rest] = await Promise.all(greedy);
    expect(first).to.equal('done');
    for (const error of rest) {
      expect(error).to.be.instanceOf(UnavailableError);
      expect((error as Error).message).to.match(/module is busy\./);
    }
  });

  it('takes scopes in turn', async () => {
    const run = create({queueLength: 10, share: 10});
    const order: string[] = [];
    const scopes = ['a', 'a', 'a', 'a', 'b', 'b', 'c'];
    await Promise.all(scopes.map((scope) => run('thread', scope).then(() => order.push(scope))));
    expect(order.join('')).to.equal('aabcaba');
  });

  it('keeps no process alive that has nothing else to do', async () => {
    const script = `
      import {WorkerPool} from ${JSON.stringify(new URL('worker-pool.ts', LIB))};
      const pool = new WorkerPool(new URL(${JSON.stringify(SCRIPT)}), ${JSON.stringify(LIMITS)});
      console.log(await pool.run('a', () => 'thread') > 0);`;
    const args = ['--input-type=module', '--eval', script];
    const {stdout} = await promisify(execFile)(process.execPath, args, {timeout: 15_000});
    expect(stdout).to.equal('true\n');
  });

  it('fails what runs and what waits when it is closed, and serves nobody then', async () => {
    const run = create();
    await run('thread');
    const [running, waiting] = [rejection(run('spin')), rejection(run('thread'))];
    await pools[0]!.close();
    expect(await running).to.be.instanceOf(UnavailableError);
    expect(await waiting).to.be.instanceOf(UnavailableError);
    expect(await rejection(run('thread'))).to.be.instanceOf(UnavailableError);
  });
});
