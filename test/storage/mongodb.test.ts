import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {describeKeyHierarchyStore} from './key-hierarchy-store.suite.ts';
import {describeKeyRecordStore} from './key-record-store.suite.ts';
import {describeKeyUseStore} from './key-use-store.suite.ts';
import {describeKeystoreConfigStore} from './keystore-config-store.suite.ts';
import {describeLeaseStore} from './lease-store.suite.ts';
import {describeMaintenanceJobStore} from './maintenance-job-store.suite.ts';
import {openHandles} from './mongodb/open-handles.ts';
import {describeReplayStore} from './replay-store.suite.ts';
import {describeRevocationStore} from './revocation-store.suite.ts';
import {describeStateStore} from './state-store.suite.ts';
import type {StoreSuiteOptions} from './store-suite.ts';

function describeStores(options: StoreSuiteOptions): void {
  describeKeystoreConfigStore(options);
  describeKeyRecordStore(options);
  describeKeyUseStore(options);
  describeRevocationStore(options);
  describeReplayStore(options);
  describeStateStore(options);
  describeLeaseStore(options);
  describeKeyHierarchyStore(options);
  describeMaintenanceJobStore(options);
}

describe('Stores in MongoDB: mongo-java-server', () => {
  const server = useMongoJavaServer();
  describeStores({name: 'mongo-java-server', open: () => openHandles(server)});
});
