import {describeKeyHierarchyStore} from './key-hierarchy-store.suite.ts';
import {describeKeyRecordStore} from './key-record-store.suite.ts';
import {describeKeyUseStore} from './key-use-store.suite.ts';
import {describeKeystoreConfigStore} from './keystore-config-store.suite.ts';
import {describeLeaseStore} from './lease-store.suite.ts';
import {describeMaintenanceJobStore} from './maintenance-job-store.suite.ts';
import {describeRepeatedWrites} from './repeated-writes.suite.ts';
import {describeReplayStore} from './replay-store.suite.ts';
import {describeRevocationStore} from './revocation-store.suite.ts';
import {describeStateStore} from './state-store.suite.ts';
import {openHandles} from './sqlite/temporary-store.ts';

const sqlite = {name: 'SQLite', open: openHandles};

describeKeystoreConfigStore(sqlite);
describeKeyRecordStore(sqlite);
describeKeyUseStore(sqlite);
describeRevocationStore(sqlite);
describeReplayStore(sqlite);
describeKeyHierarchyStore(sqlite);
describeMaintenanceJobStore(sqlite);
describeLeaseStore(sqlite);
describeStateStore(sqlite);
describeRepeatedWrites(sqlite);
