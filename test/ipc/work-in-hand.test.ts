import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {IpcChannel} from '../../lib/client/local/ipc-channel.ts';
import {MAX_WORK_BYTES} from '../../lib/ipc/ipc-limits.ts';
import {WorkInHand} from '../../lib/ipc/work-in-hand.ts';
import {KEY, ScriptedServer, SIGN} from './scripted-server.ts';

describe('what IPC clients have asked for and is not answered', () => {
  it('is full from the byte above its bound until it is below it', () => {
    const work = new WorkInHand(10);
    const done = [work.begin(10), work.begin(1)] as const;
    expect(work.isFull).to.equal(true);
    let told = 0;
    work.whenRoom(() => told++);
    done[1]();
    expect([work.isFull, told]).to.deep.equal([false, 1]);
    done[0]();
    expect(told).to.equal(1);
  });

  it('is bounded, over all connections; more is read when there is room, and nothing is lost', async () => {
    const answer = Promise.withResolvers<object>();
    let begun = 0;
    await using server = await ScriptedServer.start({
      runOnKey: () => {
        begun++;
        return answer.promise;
      },
    });
    await using closing = new AsyncDisposableStack();
    const operation = {...SIGN, verifyData: 'A'.repeat(90_000)};
    const asked: Promise<unknown>[] = [];
    for (let i = 0; i < 6; i++) {
      const channel = await IpcChannel.connect(server.partner);
      closing.defer(() => channel.close());
      for (let calls = 0; calls < 200; calls++) asked.push(channel.runOnKey(KEY, operation));
    }
    const inHand = (): number => begun * JSON.stringify(operation).length;
    for (let before = -1; before !== begun || inHand() < MAX_WORK_BYTES;) {
      before = begun;
      await sleep(300);
    }
    const bytes = inHand();
    // Of each connection one piece more may have been read.
    expect(bytes).to.be.within(MAX_WORK_BYTES, MAX_WORK_BYTES + 6 * 200_000);
    answer.resolve({});
    expect(await Promise.all(asked)).to.have.length(1200);
    expect(begun).to.equal(1200);
  });
});
