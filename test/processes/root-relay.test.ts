import {expect} from 'chai';
import type {HandOverRequest, RootsChanged} from '../../lib/processes/messages.ts';
import {RootRelay, type RootHolder} from '../../lib/processes/root-relay.ts';
import {createLogger} from '../../lib/observability/logger.ts';

const log = createLogger({level: 'silent'});
const request: HandOverRequest = {point: new Uint8Array(32)};

/** A process that gives one byte, its number. */
class Holder implements RootHolder {
  readonly number: number;
  isOpen = true;
  isEmpty = false;
  isBroken = false;
  ended = false;
  readonly followed: RootsChanged[] = [];

  constructor(number: number) {
    this.number = number;
  }

  async handOver(): Promise<Uint8Array | undefined> {
    if (this.isBroken) throw new Error('broken');
    return this.isEmpty ? undefined : Uint8Array.of(this.number);
  }

  async follow(changed: RootsChanged): Promise<void> {
    if (this.isBroken) throw new Error('broken');
    this.followed.push(changed);
  }

  async end(): Promise<void> {
    this.ended = true;
  }
}

describe('RootRelay', () => {
  let relay: RootRelay;
  let holders: readonly [Holder, Holder, Holder];

  beforeEach(() => {
    relay = new RootRelay(log);
    holders = [new Holder(1), new Holder(2), new Holder(3)];
    for (const holder of holders) relay.add(holder);
  });

  it('has the first give that has something, and never who asks', async () => {
    const [one, two, three] = holders;
    expect(await relay.handOver(one, request)).to.deep.equal(Uint8Array.of(2));
    two.isEmpty = true;
    expect(await relay.handOver(one, request)).to.deep.equal(Uint8Array.of(3));
    three.isBroken = true;
    expect(await relay.handOver(one, request)).to.equal(undefined);
    two.isEmpty = false;
    two.isOpen = false;
    expect(await relay.handOver(one, request)).to.equal(undefined);
    // By its number it is asked all the same: it has just changed something.
    expect(await relay.handOver(one, {...request, from: 2})).to.deep.equal(Uint8Array.of(2));
    expect(await relay.handOver(one, {...request, from: 1})).to.equal(undefined);
  });

  it('has all others follow, and says whom; ends who cannot', async () => {
    const [one, two, three] = holders;
    two.isBroken = true;
    await relay.follow(one, {change: 'take'});
    expect(one.followed).to.deep.equal([]);
    expect(three.followed).to.deep.equal([{change: 'take', from: 1}]);
    expect(holders.map(({ended}) => ended)).to.deep.equal([false, true, false]);
    relay.remove(three);
    await relay.follow(one, {change: 'take'});
    expect(three.followed).to.have.length(1);
  });

  it('knows whether an operator has sealed the server', async () => {
    const [one] = holders;
    expect(relay.sealed).to.equal(false);
    const sealing = relay.follow(one, {change: 'seal'});
    // Who begins meanwhile is told, too.
    expect(relay.sealed).to.equal(true);
    await sealing;
    await relay.follow(one, {change: 'take'});
    expect(relay.sealed).to.equal(true);
    await relay.follow(one, {change: 'unseal'});
    expect(relay.sealed).to.equal(false);
  });
});
