import {describeKeyHierarchyStore} from '../storage/key-hierarchy-store.suite.ts';
import {describeKeyRecordStore} from '../storage/key-record-store.suite.ts';
import {describeKeyUseStore} from '../storage/key-use-store.suite.ts';
import {describeKeystoreConfigStore} from '../storage/keystore-config-store.suite.ts';
import {describeLeaseStore} from '../storage/lease-store.suite.ts';
import {describeMaintenanceJobStore} from '../storage/maintenance-job-store.suite.ts';
import {describeReplayStore} from '../storage/replay-store.suite.ts';
import {describeRevocationStore} from '../storage/revocation-store.suite.ts';
import {describeStateStore} from '../storage/state-store.suite.ts';
import {openProxied} from './proxied-stores.ts';

const proxied = {name: 'SQLite by way of the key process’s protocol', open: openProxied};

describeKeystoreConfigStore(proxied);
describeKeyRecordStore(proxied);
describeKeyUseStore(proxied);
describeRevocationStore(proxied);
describeReplayStore(proxied);
describeKeyHierarchyStore(proxied);
describeMaintenanceJobStore(proxied);
describeLeaseStore(proxied);
describeStateStore(proxied);
