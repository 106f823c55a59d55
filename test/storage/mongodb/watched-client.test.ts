import {EventEmitter} from 'node:events';
import {expect} from 'chai';
import type {MongoClient} from 'mongodb';
import {WatchedClient} from '../../../lib/storage/mongodb/watched-client.ts';

const ADDRESS = '127.0.0.1:27017';

class FakeClient extends EventEmitter {
  isClosed = false;
  db(): this {
    return this;
  }
  async close(): Promise<void> {
    this.isClosed = true;
  }
  describe(type: 'Unknown' | 'Standalone'): void {
    this.emit('serverDescriptionChanged', {address: ADDRESS, newDescription: {type}});
  }
  heartbeat(what: 'Started' | 'Succeeded' | 'Failed'): void {
    this.emit(`serverHeartbeat${what}`, {connectionId: ADDRESS});
  }
}

describe('WatchedClient', () => {
  let nowMs = 0;
  let made: FakeClient[] = [];
  let watched: WatchedClient;

  beforeEach(() => {
    nowMs = 1000;
    made = [];
    watched = new WatchedClient({
      make: () => {
        made.push(new FakeClient());
        return made.at(-1) as unknown as MongoClient;
      },
      database: 'kms',
      connectTimeoutMs: 1000,
      now: () => nowMs,
    });
  });

  const latest = (): FakeClient => made.at(-1)!;
  const clientsAfter = (ms: number): number => {
    nowMs += ms;
    expect(watched.db()).to.equal(latest());
    return made.length;
  };

  it('is replaced where the check of a lost server goes on for longer than it may', () => {
    latest().describe('Unknown');
    latest().heartbeat('Started');
    expect(clientsAfter(2500)).to.equal(1);
    expect(clientsAfter(1)).to.equal(2);
    expect(made.map(({isClosed}) => isClosed)).to.deep.equal([true, false]);
    expect(clientsAfter(10_000)).to.equal(2);
  });

  for (const end of ['Succeeded', 'Failed'] as const) {
    it(`stays where the check of a lost server has ${end.toLowerCase()}`, () => {
      latest().describe('Unknown');
      latest().heartbeat('Started');
      latest().heartbeat(end);
      expect(clientsAfter(10_000)).to.equal(1);
    });
  }

  it('stays where the server is known: a check may wait for news of it', () => {
    latest().describe('Unknown');
    latest().describe('Standalone');
    latest().heartbeat('Started');
    expect(clientsAfter(60_000)).to.equal(1);
  });

  it('stays where a lost server is none any more', () => {
    latest().describe('Unknown');
    latest().heartbeat('Started');
    latest().emit('serverClosed', {address: ADDRESS});
    expect(clientsAfter(10_000)).to.equal(1);
  });

  it('is replaced where it has given up, each time, and not for one before it', () => {
    latest().emit('topologyClosed', {});
    expect(clientsAfter(0)).to.equal(2);
    expect(clientsAfter(10_000)).to.equal(2);
    made[0]!.emit('topologyClosed', {});
    expect(clientsAfter(0)).to.equal(2);
    latest().emit('topologyClosed', {});
    expect(clientsAfter(0)).to.equal(3);
  });

  it('is replaced again, and knows nothing of what the one before is told', () => {
    const [first] = made;
    first!.describe('Unknown');
    first!.heartbeat('Started');
    expect(clientsAfter(2501)).to.equal(2);
    first!.heartbeat('Started');
    expect(clientsAfter(10_000)).to.equal(2);
    latest().describe('Unknown');
    latest().heartbeat('Started');
    expect(clientsAfter(2501)).to.equal(3);
  });
});
