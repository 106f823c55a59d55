import {describeKeyHierarchyStore} from '../key-hierarchy-store.suite.ts';
import {describeKeyRecordStore} from '../key-record-store.suite.ts';
import {describeKeystoreConfigStore} from '../keystore-config-store.suite.ts';
import {describeMaintenanceJobStore} from '../maintenance-job-store.suite.ts';
import {describeRevocationStore} from '../revocation-store.suite.ts';
import {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';

/** The model that the interleavings are explored over does what the servers do. */
const model = {
  name: 'MongoDB’s stores over a model of its database',
  open: () => {
    const database = new ModelDatabase();
    const close = (): Promise<void> => Promise.resolve();
    return Promise.resolve({stores: openModelStores(database), other: openModelStores(database), close});
  },
};

describeKeyHierarchyStore({
  ...model,
  skip: [{reason: 'the model has no indexes to look at', tests: ['finds its own schema valid']}],
});
describeMaintenanceJobStore(model);
describeKeystoreConfigStore(model);
describeKeyRecordStore(model);
describeRevocationStore(model);
