import {describeKeyHierarchyStore} from '../storage/key-hierarchy-store.suite.ts';
import {describeKeyRecordStore} from '../storage/key-record-store.suite.ts';
import {describeKeyUseStore} from '../storage/key-use-store.suite.ts';
import {describeKeystoreConfigStore} from '../storage/keystore-config-store.suite.ts';
import {describeLeaseStore} from '../storage/lease-store.suite.ts';
import {describeMaintenanceJobStore} from '../storage/maintenance-job-store.suite.ts';
import {openHandles as openMongodbHandles} from '../storage/mongodb/open-handles.ts';
import {usePostgresDatabases, useSharedHandles} from '../storage/postgres/postgres-databases.ts';
import {describeRepeatedWrites} from '../storage/repeated-writes.suite.ts';
import {describeReplayStore} from '../storage/replay-store.suite.ts';
import {describeRevocationStore} from '../storage/revocation-store.suite.ts';
import {openHandles} from '../storage/sqlite/temporary-store.ts';
import {describeStateStore} from '../storage/state-store.suite.ts';
import {describeStoreRaces} from '../storage/store-races.suite.ts';
import type {StoreHandles, StoreSuiteOptions} from '../storage/store-suite.ts';
import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {proxied} from './proxied-stores.ts';

function describeProxied(backend: string, open: () => Promise<StoreHandles>): void {
  const options: StoreSuiteOptions = {
    name: `${backend} by way of the key process’s protocol`,
    open: proxied(open),
  };
  describeKeystoreConfigStore(options);
  describeKeyRecordStore(options);
  describeKeyUseStore(options);
  describeRevocationStore(options);
  describeReplayStore(options);
  describeKeyHierarchyStore(options);
  describeMaintenanceJobStore(options);
  describeLeaseStore(options);
  describeStateStore(options);
  describeRepeatedWrites(options);
  // Who is late is told so by either end in the same way.
  describeStoreRaces(options);
}

describeProxied('SQLite', openHandles);

describe('stores in PostgreSQL, as the key process has them', () => {
  describeProxied('PostgreSQL', useSharedHandles(usePostgresDatabases()));
});

describe('stores in MongoDB’s protocol, as the key process has them', () => {
  const server = useMongoJavaServer();
  describeProxied('mongo-java-server', () => openMongodbHandles(server));
});
