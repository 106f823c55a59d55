import {expect} from 'chai';
import type {Stores} from '../../lib/storage/stores.ts';

/** Two independent handles on one store, as two processes would have them. */
export interface StoreHandles {
  readonly stores: Stores;
  readonly other: Stores;
  /** Closes both and removes what was stored. */
  close(): Promise<void>;
}

export interface StoreSuiteOptions {
  readonly name: string;
  /** Opens a new, empty store. */
  readonly open: () => Promise<StoreHandles>;
  /** Tests that do not apply to a backend, by their titles. */
  readonly skip?: readonly {readonly reason: string; readonly tests: readonly string[]}[];
}

export type StoreTest = (title: string, body: (handles: StoreHandles) => Promise<void>) => void;

/** Describes a contract: each test has a store of its own. A skip that names no test fails the run. */
export function describeStore(
  contract: string,
  {name, open, skip = []}: StoreSuiteOptions,
  define: (test: StoreTest) => void,
): void {
  describe(`${contract}: ${name}`, () => {
    const reasons = new Map(skip.flatMap(({reason, tests}) => tests.map((title) => [title, reason])));
    define((title, body) => {
      const reason = reasons.get(title);
      if (reasons.delete(title)) {
        it.skip(`${title} (${String(reason)})`);
        return;
      }
      it(title, async () => {
        const handles = await open();
        try {
          await body(handles);
        } finally {
          await handles.close();
        }
      });
    });
    if (reasons.size > 0) throw new Error(`No such tests to skip: ${[...reasons.keys()].join(', ')}`);
  });
}

export type ErrorClass = abstract new (...args: never[]) => Error;

/** Expects exactly this refusal. */
export async function expectRefusal(attempt: Promise<unknown>, type: ErrorClass): Promise<void> {
  const outcome = await attempt.then(
    () => 'it was let through',
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(type);
}

/** Runs all at the same time. @returns how many succeeded; expects every other to be refused so. */
export async function race(attempts: readonly Promise<unknown>[], refusal: ErrorClass): Promise<number> {
  const outcomes = await Promise.allSettled(attempts);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).to.be.instanceOf(refusal);
  }
  return outcomes.filter(({status}) => status === 'fulfilled').length;
}

/** Alternates between the handles, `count` times. */
export function fromBoth<T>(
  {stores, other}: StoreHandles,
  count: number,
  attempt: (stores: Stores, index: number) => Promise<T>,
): Promise<T>[] {
  return Array.from({length: count}, (_, index) => attempt(index % 2 === 0 ? stores : other, index));
}

/** Bytes as hex, so that it does not matter which kind of Uint8Array a backend gives. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
