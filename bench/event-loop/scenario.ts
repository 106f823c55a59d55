import type {Filled} from './fill.ts';
import type {Place} from './place.ts';

/** Something that clients or operators ask of a server. */
export interface Scenario {
  readonly name: string;
  /** Makes what it needs. @returns what is measured, again and again */
  readonly prepare: (place: Place, filled: Filled) => Promise<() => Promise<unknown>>;
}
