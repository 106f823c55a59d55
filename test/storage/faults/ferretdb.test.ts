import {MongodbStores} from '../../../lib/storage/mongodb/mongodb-stores.ts';
import {useFerretdb} from '../../support/ferretdb-server.ts';
import type {FaultyStoresOptions} from '../faulty-stores.ts';
import {describeStoreFaults} from '../store-faults.suite.ts';
import {describeStoreOutages} from '../store-outages.suite.ts';

describe('faults: FerretDB', () => {
  const options: FaultyStoresOptions = {
    server: useFerretdb(),
    open: (url, network) => MongodbStores.open({url, ...network}),
  };
  // The same protocol and the same client as mongo-java-server's: one of them is enough for most runs.
  if (process.env['WEBKMS_TEST_LONG'] === '1') describeStoreFaults(options);
  describeStoreOutages(options);
});
