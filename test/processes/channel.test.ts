import {Socket} from 'node:net';
import {expect} from 'chai';
import {ChannelError} from '../../lib/processes/channel.ts';
import {channelPair} from './channel-pair.ts';

async function failure(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(ChannelError);
  return (error as Error).message;
}

describe('Channel', () => {
  it('carries questions and answers both ways, each to whom it is for', async () => {
    const {ends} = channelPair();
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
    const {ends} = channelPair();
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
    const {ends, cut} = channelPair();
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
    const {ends, post} = channelPair();
    const others = [null, 1, 'ask', {}, {cmd: 'NODE_CLUSTER'}, {webkms: 'other', name: 'still'}];
    for (const message of [
      ...others,
      {webkms: 'ask', id: 1, name: {}},
      {webkms: 'ask', id: '1', name: 'still'},
    ])
      post(message);
    ends[0].on('still', () => expect.fail('That was none of its own.'));
    ends[1].on('still', () => true);
    expect(await ends[0].ask('still')).to.equal(true);
  });

  it('keeps so many early messages and no more: the next it answers with a failure, and closes their sockets', async () => {
    const {ends, post} = channelPair({maxEarly: 3});
    const [one, other] = ends;
    const told: unknown[] = [];
    for (const name of ['a', 'b', 'c']) other.tell(name, name);
    await new Promise(setImmediate);
    other.tell('a', 'too much');
    expect(await failure(other.ask('d'))).to.equal('Nobody here knows what that is.');
    const socket = new Socket();
    post({webkms: 'tell', name: 'e'}, socket);
    expect(socket.destroyed).to.equal(true);
    for (const name of ['a', 'b', 'c', 'd', 'e']) one.on(name, (payload) => void told.push(payload));
    await new Promise(setImmediate);
    expect(told).to.deep.equal(['a', 'b', 'c']);
    // There is room again.
    other.tell('f', 'f');
    await new Promise(setImmediate);
    one.on('f', (payload) => void told.push(payload));
    expect(told).to.deep.equal(['a', 'b', 'c', 'f']);
  });
});
