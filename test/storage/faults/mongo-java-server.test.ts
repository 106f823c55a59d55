import {MongodbStores} from '../../../lib/storage/mongodb/mongodb-stores.ts';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import type {FaultyStoresOptions} from '../faulty-stores.ts';
import {describeStoreFaults} from '../store-faults.suite.ts';
import {describeStoreOutages} from '../store-outages.suite.ts';

describe('faults: mongo-java-server', () => {
  const options: FaultyStoresOptions = {
    server: useMongoJavaServer(),
    open: (url, network) => MongodbStores.open({url, ...network}),
  };
  describeStoreFaults(options);
  describeStoreOutages(options);
});
