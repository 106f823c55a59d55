import {expect} from 'chai';
import {STORE_MARK_STATES, type StoreMark} from '../../lib/storage/store-mark.ts';
import {NOW} from './records.ts';
import {fromBoth, type StoreTest} from './store-suite.ts';
import {transferOf} from './transfer-records.ts';

const makeMark = (members: Partial<StoreMark> = {}): StoreMark => ({
  state: 'filling',
  moveId: 'mv_1',
  other: 'postgres://db.example/webkms',
  since: NOW,
  ...members,
});

/** Of StoreTransfer: what says whether a store is part of a move, and who is at work on it. */
export function describeStoreMark(test: StoreTest): void {
  test('keeps one mark, as it was written', async ({stores, other}) => {
    const [transfer, elsewhere] = [transferOf(stores), transferOf(other)];
    expect(await transfer.readMark()).to.equal(undefined);
    let replaced: StoreMark | undefined;
    for (const state of STORE_MARK_STATES) {
      const mark = makeMark({state, moveId: `mv_${state}`});
      expect(await transfer.replaceMark(mark, replaced), state).to.equal(true);
      expect(await elsewhere.readMark()).to.deep.equal(mark);
      replaced = mark;
    }
    expect(await transfer.replaceMark(undefined, replaced)).to.equal(true);
    expect(await elsewhere.readMark()).to.equal(undefined);
  });

  test('keeps the progress of a store that is being filled', async ({stores, other}) => {
    const mark = makeMark({progress: '{"kind":"key"}'});
    expect(await transferOf(stores).replaceMark(mark, undefined)).to.equal(true);
    expect(await transferOf(other).readMark()).to.deep.equal(mark);
    const further = {...mark, progress: 'ü'};
    expect(await transferOf(stores).replaceMark(further, {state: 'filling', moveId: 'mv_1'})).to.equal(true);
    expect(await transferOf(other).readMark()).to.deep.equal(further);
  });

  test('replaces no other mark than the one that is named', async ({stores, other}) => {
    const transfer = transferOf(stores);
    const mark = makeMark();
    expect(await transfer.replaceMark(undefined, mark)).to.equal(false);
    expect(await transfer.replaceMark(mark, mark)).to.equal(false);
    expect(await transfer.readMark()).to.equal(undefined);
    await transfer.replaceMark(mark, undefined);
    for (const replaced of [undefined, {...mark, moveId: 'mv_2'}, {...mark, state: 'moving'} as const]) {
      expect(await transferOf(other).replaceMark(makeMark({state: 'moved'}), replaced)).to.equal(false);
      expect(await transferOf(other).replaceMark(undefined, replaced)).to.equal(false);
    }
    expect(await transfer.readMark()).to.deep.equal(mark);
  });

  test('lets one of those who mark it at once do so', async (handles) => {
    const outcomes = await Promise.all(
      fromBoth(handles, 8, (stores, index) =>
        transferOf(stores).replaceMark(makeMark({moveId: `mv_${index}`}), undefined),
      ),
    );
    expect(outcomes.filter((done) => done)).to.have.lengthOf(1);
    const mark = await transferOf(handles.other).readMark();
    expect(mark?.moveId).to.equal(`mv_${outcomes.indexOf(true)}`);
  });

  test('lists the leases that somebody has', async ({stores, other}) => {
    const transfer = transferOf(other);
    expect(await transfer.listLeases(NOW)).to.deep.equal([]);
    await stores.leases.acquire('node:a', {holder: 'a', now: NOW, expiresAt: NOW + 10});
    await stores.leases.acquire('due', {holder: 'b', now: NOW, expiresAt: NOW + 20});
    const due = {name: 'due', holder: 'b', expiresAt: NOW + 20};
    const a = {name: 'node:a', holder: 'a', expiresAt: NOW + 10};
    const names = async (now: number) =>
      (await transfer.listLeases(now)).toSorted((one, two) => (one.name < two.name ? -1 : 1));
    expect(await names(NOW + 9)).to.deep.equal([due, a]);
    expect(await names(NOW + 10)).to.deep.equal([due]);
    await stores.leases.release('due', 'b');
    expect(await names(NOW + 9)).to.deep.equal([a]);
  });
}
