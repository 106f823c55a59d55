import {expect} from 'chai';
import {SharedReadings} from '../../../lib/storage/sqlite/shared-readings.ts';
import {nextTurn} from '../../../lib/turns.ts';

const isRead = (request: string): boolean => request !== 'known';

/** A store that knows one thing, and reads the rest; `done` is what it did, in order. */
function makeReadings({
  version = async () => 1,
  read = async (request) => `${request} as read`,
}: {
  readonly version?: () => Promise<number>;
  readonly read?: (request: string) => Promise<string>;
} = {}) {
  const done: string[] = [];
  const readings = new SharedReadings<string, string>({
    version: () => {
      done.push('version');
      return version();
    },
    recall: (request, number) => (isRead(request) ? undefined : `${request} in ${number}`),
    read: (request) => {
      done.push(request);
      return read(request);
    },
  });
  return {done, readings};
}

function keepBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('SharedReadings', () => {
  it('asks for the version once for all that is asked for in a turn, after the last of it, and again in the next', async () => {
    let number = 0;
    const {done, readings} = makeReadings({version: async () => number});
    for (const turn of [1, 2]) {
      const first = readings.read('known');
      await Promise.resolve();
      const second = readings.read('a');
      const third = readings.read('known');
      expect(done).to.have.length((turn - 1) * 2);
      number = turn;
      const states = await Promise.all([first, second, third]);
      expect(states).to.deep.equal([`known in ${turn}`, 'a as read', `known in ${turn}`]);
    }
    expect(done).to.deep.equal(['version', 'a', 'version', 'a']);
  });

  it('answers in one go what is known: what they go on with is done side by side', async () => {
    const {readings} = makeReadings();
    const steps: string[] = [];
    const goOn = async (name: string): Promise<void> => {
      await readings.read('known');
      steps.push(`${name} read`);
      await Promise.resolve();
      steps.push(`${name} answered`);
    };
    await Promise.all([goOn('a'), goOn('b')]);
    expect(steps).to.deep.equal(['a read', 'b read', 'a answered', 'b answered']);
  });

  for (const {brings, reads} of [
    {brings: 1, reads: ['a', 'b']},
    {brings: 2, reads: ['a', 'b', 'a', 'a']},
  ]) {
    it(`of several that ask for the same reads ${reads.length} where the first brings version ${brings} of 1`, async () => {
      const done: string[] = [];
      const known = new Map<string, number>();
      const readings = new SharedReadings<string, string>({
        version: async () => 1,
        recall: (request, number) => (known.get(request) === number ? `${request} recalled` : undefined),
        read: async (request) => {
          known.set(request, brings);
          done.push(request);
          return `${request} as read`;
        },
      });
      const states = await Promise.all(['a', 'b', 'a', 'a'].map((request) => readings.read(request)));
      expect(done).to.deep.equal(reads);
      const again = brings === 1 ? 'a recalled' : 'a as read';
      expect(states).to.deep.equal(['a as read', 'b as read', again, again]);
    });
  }

  it('fails for the reading alone that fails', async () => {
    const {readings} = makeReadings({
      read: async (request) => {
        if (request === 'broken') throw new Error(request);
        return request;
      },
    });
    const asked = ['a', 'broken', 'known', 'b'].map((request) => readings.read(request));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({status}) => status)).to.deep.equal([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect((outcomes[1] as PromiseRejectedResult).reason).to.have.property('message', 'broken');
  });

  it('fails for all of a turn where the version cannot be had, and for none of the next', async () => {
    const failures = [new Error('the disk')];
    const {done, readings} = makeReadings({
      version: async () => {
        const failure = failures.pop();
        if (failure) throw failure;
        return 2;
      },
    });
    const outcomes = await Promise.allSettled([readings.read('known'), readings.read('a')]);
    for (const outcome of outcomes) {
      expect((outcome as PromiseRejectedResult).reason).to.have.property('message', 'the disk');
    }
    expect(done).to.deep.equal(['version']);
    expect(await readings.read('known')).to.equal('known in 2');
  });

  it('answers those of a turn while those of the one before wait for the version', async () => {
    const slow = Promise.withResolvers<number>();
    const versions = [slow.promise, Promise.resolve(2)];
    const {readings} = makeReadings({version: () => versions.shift()!});
    const first = readings.read('known');
    await new Promise(setImmediate);
    expect(await readings.read('known')).to.equal('known in 2');
    slow.resolve(1);
    expect(await first).to.equal('known in 1');
  });

  it('lets others have their turn where what it reads takes long, and reads all', async () => {
    const done: string[] = [];
    const {readings} = makeReadings({
      read: async (request) => {
        keepBusy(1.5);
        done.push(request);
        return request;
      },
    });
    const requests = ['a', 'b', 'c', 'd', 'e', 'f'];
    const others = (async () => {
      for (let turn = 0; turn < 2; turn++) {
        await new Promise(setImmediate);
        await nextTurn();
        done.push('others');
      }
    })();
    const states = await Promise.all(requests.map((request) => readings.read(request)));
    await others;
    expect(states).to.deep.equal(requests);
    expect(done.filter((step) => step !== 'others')).to.deep.equal(requests);
    expect(done.indexOf('others')).to.be.lessThan(done.indexOf('f'));
  });
});
