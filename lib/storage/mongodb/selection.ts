import {ReadConcern} from 'mongodb';

/**
 * What a read has to be. All go to the primary.
 * - `decisive`: linearizable. A primary that was replaced and has not noticed yet gives no answer, so that everything is seen
 *   that was answered before. For what decides a request, of single documents by their unique keys.
 * - `settled`: nothing that could be rolled back. For lists and maintenance, and for what
 *   is compared and swapped next: the swap, which the majority confirms, succeeds only where that state was the true one.
 * - `current`: the primary's own state, which may be rolled back. For counts, and for what a unique index says again.
 */
export type Reading = 'decisive' | 'current' | 'settled';

export const READ_CONCERNS: Readonly<Record<Reading, ReadConcern>> = {
  decisive: new ReadConcern('linearizable'),
  current: new ReadConcern('local'),
  settled: new ReadConcern('majority'),
};

export type Conditions = Readonly<Record<string, unknown>>;
export type Change = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
export type Projection = Readonly<Record<string, 0 | 1>>;
/** In the order of its members. */
export type Order = Readonly<Record<string, 1 | -1>>;

export interface Selection {
  readonly reading?: Reading;
  readonly projection?: Projection;
}

export interface ListSelection extends Selection {
  readonly sort?: Order;
  readonly limit: number;
}
