import {Documents} from '../../../lib/storage/mongodb/documents.ts';
import {writersOf} from '../../../lib/storage/mongodb/guard-document.ts';
import {GuardedWrites} from '../../../lib/storage/mongodb/guarded-write.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {stateOf, UNCOUNTED} from './database-soundness.ts';
import type {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';
import {outcomeOf, type Outcome, type Script} from './schedule.ts';
import {mergesOf} from './sequences.ts';

/** As `summaryOf`, where not all were counted. */
export const summaryWithoutCount = (outcomes: readonly Outcome[], database: ModelDatabase): string =>
  JSON.stringify([outcomes, stateOf(database, UNCOUNTED)]);

/** What those do who come by later. */
export async function tidyUp(database: ModelDatabase): Promise<void> {
  const documents = new Documents(database.connect());
  const writes = new GuardedWrites({documents, timeoutMs: 1000});
  for (const collection of ['keystore', 'hierarchy', 'creator'] as const) {
    for (const document of database.documents(collection)) {
      await writes.tidy({collection, _id: String(document['_id'])}, writersOf(document));
    }
  }
}

export async function runAll(script: Script<Stores>, stores: Stores): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const operation of script) outcomes.push(await outcomeOf(() => operation(stores)));
  return outcomes;
}

/** What may come of the others, and be stored then, where of `stopped` that many operations were done. */
export async function possibilities(
  database: ModelDatabase,
  stopped: Script<Stores>,
  other: Script<Stores>,
  done: number,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const order of mergesOf([done, other.length])) {
    const copy = database.clone();
    const stores = openModelStores(copy);
    const [first, second] = [stopped.slice(0, done), [...other]];
    const outcomes: Outcome[] = [];
    for (const index of order) {
      if (index === 0) await outcomeOf(() => first.shift()!(stores));
      else outcomes.push(await outcomeOf(() => second.shift()!(stores)));
    }
    found.push(summaryWithoutCount(outcomes, copy));
  }
  return found;
}
