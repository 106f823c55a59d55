import type {Stores} from '../../../lib/storage/stores.ts';
import type {ErrorClass} from '../store-suite.ts';

/** A write that is about to be made, and what becomes of it. */
export interface PreparedWrite {
  run(stores: Stores): Promise<unknown>;
  /** What `run` gives when it makes the change. Default: nothing */
  readonly gives?: unknown;
  /** What `run` gives, or how it is refused, when the change was made by an earlier one. Default: as `gives` */
  readonly again?: {readonly gives: unknown} | {readonly refuses: ErrorClass};
  /** What can be seen of it. */
  look(stores: Stores): Promise<unknown>;
  /** What `look` gives when it has been made. Before, it gives something else. */
  readonly made: unknown;
  /** What `look` gives when it has been made twice, for what is not the same then. Default: as `made` */
  readonly madeTwice?: unknown;
  /** Removes what stands in the way of the next one. */
  tidy?(stores: Stores): Promise<void>;
}

export interface WriteCase {
  /** Stores what the write needs. */
  prepare(stores: Stores): Promise<PreparedWrite>;
  /** Where it can be made once only in a store. */
  readonly needsNewStore?: boolean;
}

/** Every method of every store. */
export type StoreMethod = {
  [S in keyof Stores]-?: Stores[S] extends ((...args: never[]) => unknown) | undefined
    ? never
    : `${S}.${keyof Stores[S] & string}`;
}[keyof Stores];
