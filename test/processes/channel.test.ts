import {EventEmitter} from 'node:events';
import {expect} from 'chai';
import {Channel, ChannelError, type ChannelPort} from '../../lib/processes/channel.ts';

/** Two ends of a channel, as Node's are between processes. */
function pair(): {
  readonly ends: readonly [Channel, Channel];
  readonly cut: () => void;
  readonly post: (message: unknown) => void;
} {
  const state = {connected: true};
  const [one, other] = [new EventEmitter(), new EventEmitter()];
  const port = (own: EventEmitter, far: EventEmitter): ChannelPort => ({
    get connected() {
      return state.connected;
    },
    send: (message, callback) => {
      const copy: unknown = structuredClone(message);
      setImmediate(() => {
        if (state.connected) far.emit('message', copy);
        callback(state.connected ? null : new Error('cut'));
      });
    },
    on: (event: string, listener: (message: unknown) => void) => own.on(event, listener),
  });
  return {
    ends: [new Channel(port(one, other)), new Channel(port(other, one))],
    cut: () => {
      state.connected = false;
      for (const end of [one, other]) end.emit('disconnect');
    },
    post: (message) => one.emit('message', message),
  };
}

async function failure(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(ChannelError);
  return (error as Error).message;
}

describe('Channel', () => {
  it('carries questions and answers both ways, each to whom it is for', async () => {
    const {ends} = pair();
    for (const [index, end] of ends.entries()) {
      end.on('double', (payload) => Number(payload) * 2);
      end.on('name', () => new Uint8Array([index]));
    }
    const [one, other] = ends;
    const answers = await Promise.all(
      [1, 2, 3].flatMap((n) => [one.ask('double', n), other.ask('double', -n)]),
    );
    expect(answers).to.deep.equal([2, -2, 4, -4, 6, -6]);
    expect(await one.ask('name')).to.deep.equal(new Uint8Array([1]));
  });

  it('keeps what comes early until it is known what to do with it, in order', async () => {
    const {ends} = pair();
    const [one, other] = ends;
    const told: unknown[] = [];
    one.tell('told', 1);
    one.tell('told', 2);
    const answer = one.ask('asked', 'x');
    await new Promise((resolve) => setTimeout(resolve, 20));
    other.on('told', (payload) => void told.push(payload));
    other.on('asked', (payload) => [payload]);
    expect(await answer).to.deep.equal(['x']);
    expect(told).to.deep.equal([1, 2]);
  });

  it('fails with the message of what the other end throws, where it is late, and where that is gone', async () => {
    const {ends, cut} = pair();
    const [one, other] = ends;
    other.on('fail', () => {
      throw new Error('It cannot be done.');
    });
    other.on('never', () => new Promise(() => undefined));
    expect(await failure(one.ask('fail'))).to.equal('It cannot be done.');
    expect(await failure(one.ask('never', undefined, {timeoutMs: 20}))).to.include('no answer within 20 ms');
    const pending = failure(one.ask('never'));
    cut();
    expect(await pending).to.include('gone');
    expect(await failure(one.ask('never'))).to.include('gone');
    one.tell('never');
  });

  it('leaves messages alone that are not its own', async () => {
    const {ends, post} = pair();
    for (const message of [null, 1, 'ask', {}, {cmd: 'NODE_CLUSTER'}]) post(message);
    ends[1].on('still', () => true);
    expect(await ends[0].ask('still')).to.equal(true);
  });
});
