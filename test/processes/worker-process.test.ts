import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {WorkerProcess, WorkerStartError} from '../../lib/processes/worker-process.ts';
import {WorkerMessageError} from '../../lib/processes/worker-messages.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';

const HOSTILE = fileURLToPath(new URL('hostile-worker.ts', import.meta.url));

describe('WorkerProcess', () => {
  let worker: WorkerProcess;

  function fork(mode: string): WorkerProcess {
    const kind = {isFirst: false, hasShare: true, sealed: false};
    return WorkerProcess.fork({exec: HOSTILE, start: {texts: {mode}, number: 1, workers: 1, ...kind}});
  }

  afterEach(async () => {
    worker.kill();
    await worker.exited;
  });

  it('ends a worker that says what none says when it listens', async () => {
    worker = fork('listening');
    await expectRejection(worker.listening(), WorkerMessageError);
    expect((await worker.exited).signal).to.equal('SIGKILL');
  });

  it('takes a reason of no kind for one', async () => {
    worker = fork('failed');
    const {message} = await expectRejection(worker.listening(), WorkerStartError);
    expect(message).to.equal('a worker could not begin.');
  });

  it('closes what a worker gives it', async () => {
    const open = (): number =>
      process.getActiveResourcesInfo().filter((name) => /^(?:TCP|UDP)/.test(name)).length;
    const before = open();
    worker = fork('handles');
    await worker.listening();
    // Closed handles are gone in the next turn.
    await new Promise(setImmediate);
    expect(open()).to.equal(before);
  });
});
