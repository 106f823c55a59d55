import {expect} from 'chai';
import fc from 'fast-check';
import {boxRoots, forgetHanded, RootReceiver, type HandedRoot} from '../../lib/sealing/handed-roots.ts';
import type {RootsChange} from '../../lib/sealing/root-of-trust-options.ts';
import type {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {NO_SECRETS} from '../../lib/sealing/secrets.ts';
import {SealedBlobError} from '../../lib/sealing/wrapper.ts';
import {useRootOfTrust} from './root-of-trust-fixture.ts';

const SHARED = 'shamir:2-of-3';
const BYTES = new TextEncoder().encode('bytes');

/** As by way of the primary process. */
function carry(roots: readonly HandedRoot[]): readonly HandedRoot[] {
  const receiver = new RootReceiver();
  const box = boxRoots(roots, receiver.point);
  for (const {secret} of roots) expect(Buffer.from(box).includes(Buffer.from(secret))).to.be.false;
  forgetHanded(roots);
  return receiver.open(box);
}

async function opens(one: RootOfTrust, other: RootOfTrust): Promise<void> {
  const [from, to] = [one.opened(), other.opened()];
  expect(to.map(({id}) => id)).to.deep.equal(from.map(({id}) => id));
  for (const [index, {wrapper}] of from.entries()) {
    const blob = await wrapper.seal(BYTES, BYTES);
    expect(await to[index]?.wrapper.open(blob, BYTES)).to.deep.equal(BYTES);
    expect(to[index]?.wrapper.uri).to.equal(wrapper.uri);
    expect(to[index]?.wrapper.parameters).to.equal(wrapper.parameters);
    await to[index]?.wrapper.check();
  }
}

describe('Roots that processes of a server hand over', () => {
  const t = useRootOfTrust();
  /** Told as other processes are. */
  const follow = (one: RootOfTrust, other: RootOfTrust, seen: RootsChange[] = []): RootsChange[] => {
    one.onLead(async (change) => {
      seen.push(change);
      await other.follow(change, change === 'seal' ? [] : carry(one.handOver()));
    });
    return seen;
  };
  const second = (uri: string, first?: RootOfTrust, sealed = false): Promise<RootOfTrust> =>
    t.open(uri, {
      secretSource: NO_SECRETS,
      from: {sealed, roots: first ? carry(first.handOver()) : []},
    });

  it('come out of the box as they were, for the receiver only, and not where a byte was changed', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            id: fc.string(),
            uri: fc.string(),
            parameters: fc.option(fc.string(), {nil: undefined}),
            secret: fc.uint8Array({minLength: 32, maxLength: 32}),
          }),
          {maxLength: 3},
        ),
        fc.nat(),
        (roots, place) => {
          const receiver = new RootReceiver();
          const box = boxRoots(roots, receiver.point);
          expect(receiver.open(box)).to.deep.equal(roots);
          expect(() => new RootReceiver().open(box)).to.throw(SealedBlobError);
          const changed = Uint8Array.from(box);
          const index = place % box.length;
          changed[index] = (changed[index] ?? 0) ^ 0x01;
          expect(() => receiver.open(changed)).to.throw(SealedBlobError);
          expect(() => receiver.open(box.subarray(0, place % box.length))).to.throw(SealedBlobError);
        },
      ),
      {numRuns: 50},
    );
    for (const point of [new Uint8Array(31), new Uint8Array(32)])
      expect(() => boxRoots([], point)).to.throw(SealedBlobError);
    expect(JSON.stringify(new RootReceiver())).to.equal('"[redacted]"');
  });

  it('open in the other process, whatever kind they are, without anybody being asked', async () => {
    t.secretSource.variables.set('WEBKMS_ROOT_KEY', Buffer.alloc(32, 7).toString('base64url'));
    t.secretSource.answers.push('a passphrase that is long', 'a passphrase that is long');
    for (const uri of [t.uri('root.key'), 'env:WEBKMS_ROOT_KEY', 'passphrase:prompt']) {
      t.store = new (t.store.constructor as new () => typeof t.store)();
      const first = await t.open(uri);
      await opens(first, await second(uri, first));
    }
  });

  it('open a root in shares, also in a process that is begun later', async () => {
    const first = await t.open(SHARED);
    const other = await t.open(SHARED);
    const seen = follow(first, other);
    const {shares} = await first.initialize();
    await first.offerShare(shares[0] ?? '');
    expect([first.isSealed(), other.isSealed(), seen]).to.deep.equal([true, true, ['take']]);
    await first.offerShare(shares[1] ?? '');
    expect([first.isSealed(), other.isSealed(), seen]).to.deep.equal([false, false, ['take', 'unseal']]);
    await opens(first, other);
    await opens(first, await second(SHARED, other));
    expect((await second(SHARED)).isSealed()).to.be.true;
  });

  it('are closed in all where they are sealed in one, and stay so in a process that is begun later', async () => {
    const uri = t.uri('root.key');
    const first = await t.open(uri);
    const other = await t.open(uri);
    const seen = follow(first, other);
    await first.seal();
    expect([first.isSealed(), other.isSealed()]).to.deep.equal([true, true]);
    const later = await second(uri, first, true);
    expect(later.isSealed()).to.be.true;
    expect(later.status().map(({reason}) => reason)).to.deep.equal(['Sealed by an operator.']);
    // What another process has taken over is no reason to unseal.
    await later.follow('take', carry((await t.open(uri)).handOver()));
    expect(later.isSealed()).to.be.true;
    await first.unsealStored();
    await opens(first, other);
    expect(seen).to.deep.equal(['seal', 'unseal']);
    await later.follow('unseal', []);
    await opens(first, later);
  });

  it('are left where the store does not list them, or lists others of another fingerprint', async () => {
    const first = await t.open(SHARED);
    const {shares, rootWrapperId} = await first.initialize();
    for (const share of shares.slice(0, 2)) await first.offerShare(share);
    const [root] = first.handOver();
    expect(root?.id).to.equal(rootWrapperId);
    const given = {...root!, secret: Uint8Array.from(root!.secret)};
    for (const wrong of [
      {...given, id: 'rw_other'},
      {...given, secret: new Uint8Array(32)},
    ]) {
      const other = await t.open(SHARED, {from: {sealed: false, roots: [wrong]}});
      expect(other.isSealed()).to.be.true;
    }
    const other = await t.open(SHARED, {from: {sealed: false, roots: [given]}});
    await opens(first, other);
  });
});
