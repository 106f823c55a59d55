import type {StoreSuiteOptions} from '../store-suite.ts';

type Skips = NonNullable<StoreSuiteOptions['skip']>;

/** It reads, filters and then writes by `_id`: of several at a time, all may win. */
const race = (...tests: string[]): Skips[number] => ({
  reason: 'an update of FerretDB 1.24 is no compare-and-swap under races',
  tests,
});

/** Its SQLite backend reads a whole collection unless the filter is just `{_id}`. */
const slow = (...tests: string[]): Skips[number] => ({
  reason: 'FerretDB 1.24 scans the collection for each filter but the simplest',
  tests,
});

/** By suite, what of the contract FerretDB cannot keep. */
export const FERRETDB_SKIPS = {
  keystores: [
    race(
      'lets one of several concurrent insertions of an id win',
      'never exceeds the quota in a race',
      'R48 lets one of several concurrent updates of one state win',
      'never loses a key to a concurrent deletion',
      'lets one of several concurrent replacements of an authentication win',
    ),
  ],
  keys: [
    race(
      'lets one of several concurrent insertions of an id win',
      'never exceeds the quota in a race',
      'lets one of several concurrent updates win',
      'lets one of several concurrent writers have a name',
      'lets one of several concurrent replacements of a record win',
    ),
    slow(
      'puts every kind of record in the place of another, here and elsewhere',
      'ends a page early where keys are large, and leaves none out',
      'gives a page of small keys whole',
    ),
  ],
  keyUses: [race('loses no use in a race, and gives no number twice')],
  revocations: [
    race('R46 lets one of several concurrent revocations win', 'R47 never exceeds the bound in a race'),
  ],
  replays: [race('R11 lets one of several concurrent requests be the first')],
  leases: [race('goes to one of several who ask at the same time')],
  hierarchy: [
    race(
      'lets one of several concurrent first root wrappers win',
      'lets one of several concurrent root wrappers of one key win',
      'never lets two concurrent retirements leave no active root wrapper',
      'lets one of several concurrent first keys of a scope win, whole',
      'lets one of several concurrent rotations win, whole',
      'counts each version that concurrent calls reseal once',
      'lets a reference or the deletion of its version win, never both',
    ),
  ],
  jobs: [
    race('lets one of several concurrent insertions win', 'lets one of several concurrent nodes have it'),
  ],
} as const satisfies Readonly<Record<string, Skips>>;
