import {EventEmitter} from 'node:events';
import {IncomingMessage, type ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import {expect} from 'chai';
import {sendReply} from '../../lib/http/send-reply.ts';

/** A response whose connection takes as much as the test says. */
class SlowResponse extends EventEmitter {
  readonly written: string[] = [];
  takes = Infinity;
  destroyed = false;
  ended = false;

  writeHead(): void {
    this.written.push('head');
  }

  write(part: Buffer): boolean {
    this.written.push(String(part));
    return this.written.length <= this.takes;
  }

  end(): void {
    this.ended = true;
  }

  /** What waits for it. */
  get waiting(): number {
    return this.listenerCount('drain') + this.listenerCount('close');
  }
}

/** On a busy machine the parts of one reply take more turns than one. */
async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
}

function sending(res: SlowResponse): void {
  const req = new IncomingMessage(new Socket());
  req.complete = true;
  const parts = ['a', 'b', 'c'].map((part) => Buffer.from(part));
  const reply = {status: 200, headers: {}, text: undefined, parts};
  sendReply({req, res: res as unknown as ServerResponse}, reply, {close: false});
}

describe('a reply in parts', () => {
  it('is written at once as far as the connection takes it', async () => {
    const res = new SlowResponse();
    sending(res);
    await turn();
    expect(res).to.deep.include({written: ['head', 'a', 'b', 'c'], ended: true, waiting: 0});
  });

  it('goes on each time that what was written has gone', async () => {
    const res = new SlowResponse();
    res.takes = 0;
    sending(res);
    for (const written of ['a', 'ab', 'abc']) {
      await turn();
      expect(res.written.join('')).to.equal(`head${written}`);
      expect(res.ended).to.equal(false);
      res.emit('drain');
    }
    await turn();
    expect(res).to.deep.include({written: ['head', 'a', 'b', 'c'], ended: true, waiting: 0});
  });

  it('is written no further, nor waited for, where the client goes away', async () => {
    const res = new SlowResponse();
    res.takes = 2;
    sending(res);
    await turn();
    expect(res.waiting).to.equal(2);
    res.destroyed = true;
    res.emit('close');
    await turn();
    expect(res.written.join('')).to.equal('headab');
    expect(res.waiting).to.equal(0);
  });
});
