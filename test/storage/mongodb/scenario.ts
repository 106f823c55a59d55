import type {Stores} from '../../../lib/storage/stores.ts';
import type {Script} from './schedule.ts';

/** What two do at the same time. */
export interface Scenario {
  readonly title: string;
  readonly begin: (stores: Stores) => Promise<readonly Script<Stores>[]>;
}
