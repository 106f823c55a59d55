import {MongodbStores} from '../../lib/storage/mongodb/mongodb-stores.ts';
import {PostgresStores} from '../../lib/storage/postgres/postgres-stores.ts';
import {useFerretdb} from '../support/ferretdb-server.ts';
import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {usePostgres} from '../support/postgres-server.ts';
import type {FaultyStoresOptions} from './faulty-stores.ts';
import {describeStoreFaults} from './store-faults.suite.ts';
import {describeStoreOutages} from './store-outages.suite.ts';

function describeFaults(name: string, use: () => FaultyStoresOptions, {isWhole = true} = {}): void {
  describe(`faults: ${name}`, () => {
    const options = use();
    if (isWhole) describeStoreFaults(options);
    describeStoreOutages(options);
  });
}

const openMongodb: FaultyStoresOptions['open'] = (url, options) => MongodbStores.open({url, ...options});

describeFaults('PostgreSQL', () => ({
  server: usePostgres(),
  open: (url, options) => PostgresStores.open({url, ...options}),
}));
describeFaults('mongo-java-server', () => ({server: useMongoJavaServer(), open: openMongodb}));
// The same protocol and the same client: one of them is enough for most runs.
describeFaults('FerretDB', () => ({server: useFerretdb(), open: openMongodb}), {
  isWhole: process.env['WEBKMS_TEST_LONG'] === '1',
});
