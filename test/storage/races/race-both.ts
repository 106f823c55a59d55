import {expect} from 'chai';
import type {Stores} from '../../../lib/storage/stores.ts';
import {insertRoot} from '../key-hierarchy-records.ts';
import type {ErrorClass, StoreHandles, StoreTest} from '../store-suite.ts';

const ROUNDS = process.env['WEBKMS_TEST_LONG'] === '1' ? 60 : 8;

export interface Racer {
  readonly run: (stores: Stores) => Promise<unknown>;
  /** How it may lose. */
  readonly refusals: readonly ErrorClass[];
}

/** Runs both at the same time, by both handles, now one first and now the other. @returns whether each succeeded */
async function raceBoth(
  {stores, other}: StoreHandles,
  round: number,
  racers: readonly [Racer, Racer],
): Promise<readonly [boolean, boolean]> {
  const [a, b] = round % 2 === 0 ? [stores, other] : [other, stores];
  const order = round % 4 < 2 ? [0, 1] : [1, 0];
  const attempts: Promise<unknown>[] = [];
  for (const index of order) attempts[index] = racers[index]!.run(index === 0 ? a : b);
  const outcomes = await Promise.allSettled(attempts);
  const won = outcomes.map((outcome, index) => {
    if (outcome.status === 'fulfilled') return outcome.value !== false;
    const isRefusal = racers[index]!.refusals.some((type) => outcome.reason instanceof type);
    if (!isRefusal) throw outcome.reason;
    return false;
  });
  return won as [boolean, boolean];
}

/** `prepare` gives two of which one at most may succeed. */
export function testExclusive(
  test: StoreTest,
  title: string,
  prepare: (stores: Stores) => Promise<readonly [Racer, Racer]>,
  tidy?: (stores: Stores) => Promise<void>,
): void {
  test(title, async (handles) => {
    for (const index of [0, 1] as const) {
      expect(await (await prepare(handles.stores))[index].run(handles.other), 'alone').not.to.equal(false);
      await tidy?.(handles.stores);
    }
    for (let round = 0; round < ROUNDS; round++) {
      const racers = await prepare(handles.stores);
      const [first, second] = await raceBoth(handles, round, racers);
      expect(first && second, 'both were made').to.equal(false);
      await tidy?.(handles.stores);
    }
  });
}

export interface Barrier {
  /** What nothing that depends on its opposite may outlive. */
  readonly change: Racer;
  readonly late: Racer;
  /** Whether what `late` does can be seen. */
  readonly look: (stores: Stores) => Promise<boolean>;
  readonly tidy?: (stores: Stores) => Promise<unknown>;
}

/** What could not be seen when `change` was answered never comes. */
export function testBarrier(
  test: StoreTest,
  title: string,
  prepare: (stores: Stores) => Promise<Barrier>,
): void {
  test(title, async (handles) => {
    const alone = await prepare(handles.stores);
    await alone.late.run(handles.other);
    expect(await alone.look(handles.stores), 'alone').to.equal(true);
    expect(await alone.change.run(handles.other), 'after it').not.to.equal(false);
    await alone.tidy?.(handles.stores);
    for (let round = 0; round < ROUNDS; round++) {
      const {change, late, look, tidy} = await prepare(handles.stores);
      let wasSeen: boolean | undefined;
      const changing: Racer = {
        ...change,
        run: async (stores) => {
          const changed = await change.run(stores);
          wasSeen = await look(stores);
          return changed;
        },
      };
      await raceBoth(handles, round, [changing, late]);
      if (wasSeen === false) expect(await look(handles.other), 'seen afterwards').to.equal(false);
      await tidy?.(handles.stores);
    }
  });
}

/** The roots that there are, one at least. */
export async function anyRoots(stores: Stores): Promise<readonly string[]> {
  await insertRoot(stores);
  return (await stores.keyHierarchy.listRootWrappers()).map(({id}) => id);
}
