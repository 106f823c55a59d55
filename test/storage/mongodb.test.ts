import {expect} from 'chai';
import {useFerretdb} from '../support/ferretdb-server.ts';
import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {useNamedMongodb} from '../support/mongodb-url.ts';
import {describeKeyHierarchyStore} from './key-hierarchy-store.suite.ts';
import {describeKeyRecordStore} from './key-record-store.suite.ts';
import {describeKeyUseStore} from './key-use-store.suite.ts';
import {describeKeystoreConfigStore} from './keystore-config-store.suite.ts';
import {describeLeaseStore} from './lease-store.suite.ts';
import {describeMaintenanceJobStore} from './maintenance-job-store.suite.ts';
import {FERRETDB_SKIPS} from './mongodb/ferretdb-skips.ts';
import {ScanWatch} from './mongodb/index-use.ts';
import {type DatabaseSource, openHandles} from './mongodb/open-handles.ts';
import {describeRepeatedWrites} from './repeated-writes.suite.ts';
import {describeReplayStore} from './replay-store.suite.ts';
import {describeRevocationStore} from './revocation-store.suite.ts';
import {describeStateStore} from './state-store.suite.ts';
import type {StoreSuiteOptions} from './store-suite.ts';

function describeStores(
  name: string,
  server: DatabaseSource,
  skips: Partial<Record<keyof typeof FERRETDB_SKIPS, StoreSuiteOptions['skip']>> = {},
): void {
  const optionsOf = (suite: keyof typeof FERRETDB_SKIPS) => ({...options, skip: skips[suite] ?? []});
  const watch = new ScanWatch();
  const options = {name, open: () => openHandles(server, watch, watch)};
  describeKeystoreConfigStore(optionsOf('keystores'));
  describeKeyRecordStore(optionsOf('keys'));
  describeKeyUseStore(optionsOf('keyUses'));
  describeRevocationStore(optionsOf('revocations'));
  describeReplayStore(optionsOf('replays'));
  describeLeaseStore(optionsOf('leases'));
  describeKeyHierarchyStore(optionsOf('hierarchy'));
  describeMaintenanceJobStore(optionsOf('jobs'));
  describeStateStore(options);
  describeRepeatedWrites(options);
  // The last of them: tests of a suite come before the suites in it.
  describe('all of them', () => {
    it('asked for nothing that no index answers', () => {
      expect([...watch.scans]).to.deep.equal([]);
      expect(watch.seen).to.be.greaterThan(1000);
    });
  });
}

/**
 * It copies what was updated into its document in memory, member by member, and writes its replies out of that document, without a lock: one
 * may have half of an update. MongoDB reads a document as it was at one moment.
 */
const MONGO_JAVA_SERVER_SKIPS = {
  keys: [
    {
      reason: 'mongo-java-server finds documents that are half updated',
      tests: ['gives such a key as it was at one moment, whoever changes it meanwhile'],
    },
  ],
};

describe('stores in MongoDB’s protocol, on mongo-java-server', () => {
  describeStores('mongo-java-server', useMongoJavaServer(), MONGO_JAVA_SERVER_SKIPS);
});

describe('stores in MongoDB’s protocol, on FerretDB', () => {
  describeStores('FerretDB', useFerretdb(), FERRETDB_SKIPS);
});

describe('stores in MongoDB, on the one that MONGODB_URL names', () => {
  describeStores('MONGODB_URL', useNamedMongodb());
});
