import type {Stores} from '../../../lib/storage/stores.ts';
import {stateOf} from './database-soundness.ts';
import type {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';
import {outcomeOf, type Outcome, type Script} from './schedule.ts';

/** How everything ended, and what is stored then: the same text where the same came of it. */
export const summaryOf = (
  outcomes: readonly (readonly Outcome[])[],
  database: ModelDatabase,
  besides: readonly string[] = [],
): string => JSON.stringify([outcomes, stateOf(database, besides)]);

/** Every order in which the operations can follow one another. */
export function* mergesOf(lengths: readonly number[]): Generator<readonly number[]> {
  if (lengths.every((length) => length === 0)) yield [];
  for (const [index, length] of lengths.entries()) {
    if (length === 0) continue;
    for (const rest of mergesOf(lengths.with(index, length - 1))) yield [index, ...rest];
  }
}

/** What may come of operations at the same time: what comes of the operations one after the other, in whatever order. */
export async function sequentialSummaries(
  database: ModelDatabase,
  scripts: readonly Script<Stores>[],
  besides: readonly string[] = [],
): Promise<ReadonlySet<string>> {
  const summaries = new Set<string>();
  for (const order of mergesOf(scripts.map(({length}) => length))) {
    const copy = database.clone();
    const stores = openModelStores(copy);
    const outcomes: Outcome[][] = scripts.map(() => []);
    for (const index of order) {
      const operation = scripts[index]![outcomes[index]!.length]!;
      outcomes[index]!.push(await outcomeOf(() => operation(stores)));
    }
    summaries.add(summaryOf(outcomes, copy, besides));
  }
  return summaries;
}
