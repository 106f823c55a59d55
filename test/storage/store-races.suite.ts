import {testKeystoreRaces} from './races/keystore-races.ts';
import {testCounts, testLateWrites} from './races/late-writes.ts';
import {testReferenceRaces} from './races/reference-races.ts';
import {testRootRaces} from './races/root-races.ts';
import {describeStore, type StoreSuiteOptions} from './store-suite.ts';

/** Writes of different kinds of which one makes the other impossible: never are both made, whoever comes first. */
export function describeStoreRaces(options: StoreSuiteOptions): void {
  describeStore('races of unlike writes', options, (test) => {
    testKeystoreRaces(test);
    testReferenceRaces(test);
    testLateWrites(test);
    testRootRaces(test);
    testCounts(test);
  });
}
