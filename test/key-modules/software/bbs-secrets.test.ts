import {encode} from 'cborg';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import type {BbsJob, BbsResult} from '../../../lib/key-modules/software/algorithms/bbs-jobs.ts';
import {bbs} from '../../../lib/key-modules/software/algorithms/bbs.ts';
import {WorkerPool} from '../../../lib/key-modules/software/worker-pool/worker-pool.ts';
import {rejection} from '../fixtures.ts';

const CHOICE = {algorithm: 'BBS', hash: undefined, prehashed: false} as const;
const SCRIPT = new URL('../../../lib/key-modules/software/algorithms/bbs-worker.ts', import.meta.url);
const DATA = encode([Buffer.of(1), [Buffer.of(2)]]);

/** Remembers the secrets of its jobs: the memory, and what it held when the job was sent. */
class WatchedPool extends WorkerPool<BbsJob, BbsResult> {
  readonly secrets: {readonly memory: Uint8Array; readonly sent: Buffer}[] = [];

  override run(scope: string, prepare: () => BbsJob): Promise<BbsResult> {
    return super.run(scope, () => {
      const job = prepare();
      if ('secretKey' in job) this.secrets.push({memory: job.secretKey, sent: Buffer.from(job.secretKey)});
      return job;
    });
  }
}

describe('software key module: BBS secrets in threads', () => {
  const secret = Buffer.alloc(32, 7);
  let pool: WatchedPool;
  beforeEach(() => {
    pool = new WatchedPool(SCRIPT, {threads: 1, queueLength: 8, share: 8, timeLimitMs: 15_000});
  });
  afterEach(() => pool.close());

  function expectOverwritten(count: number): void {
    expect(pool.secrets).to.have.length(count);
    for (const {memory, sent} of pool.secrets) {
      expect(sent).to.deep.equal(secret);
      expect(memory.buffer).to.be.instanceOf(SharedArrayBuffer);
      expect(Buffer.from(memory)).to.deep.equal(Buffer.alloc(32));
    }
  }

  it('are in memory that both threads share, and overwritten when the job has ended', async () => {
    const opened = await bbs('BLS12-381-SHA-256', pool).open(secret, 'a');
    expect(await opened.sign?.(DATA, CHOICE)).to.have.length(80);
    expectOverwritten(2);
  });

  it('are overwritten when the job has failed', async () => {
    const opened = await bbs('BLS12-381-SHA-256', pool).open(secret, 'a');
    const signing = rejection(Promise.resolve(opened.sign!(DATA, CHOICE)));
    while (pool.secrets.length < 2) await new Promise(setImmediate);
    await pool.close();
    expect(await signing).to.be.instanceOf(UnavailableError);
    expectOverwritten(2);
  });
});
