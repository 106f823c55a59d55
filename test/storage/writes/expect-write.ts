import {expect} from 'chai';
import type {Stores} from '../../../lib/storage/stores.ts';
import {expectRefusal, plain} from '../store-suite.ts';
import type {PreparedWrite} from './write-case.ts';

/** Expects that the write can be seen to have been made, once or twice. */
export async function expectMade(
  prepared: PreparedWrite,
  stores: Stores,
  {times = 1}: {readonly times?: 1 | 2} = {},
): Promise<void> {
  const {made, madeTwice = made} = prepared;
  expect(plain(await prepared.look(stores))).to.deep.equal(plain(times === 1 ? made : madeTwice));
}

/** Makes the write once more, and expects what is to come of it. */
export async function expectAgain(prepared: PreparedWrite, stores: Stores): Promise<void> {
  const {again = {gives: prepared.gives}} = prepared;
  if ('refuses' in again) await expectRefusal(prepared.run(stores), again.refuses);
  else expect(await prepared.run(stores)).to.deep.equal(again.gives);
}
