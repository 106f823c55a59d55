import {describeKeyHierarchyStore} from './key-hierarchy-store.suite.ts';
import {describeKeyRecordStore} from './key-record-store.suite.ts';
import {describeKeyUseStore} from './key-use-store.suite.ts';
import {describeKeystoreConfigStore} from './keystore-config-store.suite.ts';
import {describeLeaseStore} from './lease-store.suite.ts';
import {describeMaintenanceJobStore} from './maintenance-job-store.suite.ts';
import {usePostgresDatabases, useSharedHandles} from './postgres/postgres-databases.ts';
import {describeRepeatedWrites} from './repeated-writes.suite.ts';
import {describeReplayStore} from './replay-store.suite.ts';
import {describeRevocationStore} from './revocation-store.suite.ts';
import {describeStateStore} from './state-store.suite.ts';

describe('stores in PostgreSQL', () => {
  const postgres = {name: 'PostgreSQL', open: useSharedHandles(usePostgresDatabases())};

  describeKeystoreConfigStore(postgres);
  describeKeyRecordStore(postgres);
  describeKeyUseStore(postgres);
  describeRevocationStore(postgres);
  describeReplayStore(postgres);
  describeKeyHierarchyStore(postgres);
  describeMaintenanceJobStore(postgres);
  describeLeaseStore(postgres);
  describeStateStore(postgres);
  describeRepeatedWrites(postgres);
});
