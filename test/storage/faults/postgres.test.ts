import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {usePostgres} from '../../support/postgres-server.ts';
import type {FaultyStoresOptions} from '../faulty-stores.ts';
import {describeStoreFaults} from '../store-faults.suite.ts';
import {describeStoreOutages} from '../store-outages.suite.ts';

describe('faults: PostgreSQL', () => {
  const server = usePostgres();
  const options: FaultyStoresOptions = {
    server,
    open: (url, network) => PostgresStores.open({url, ...network}),
  };
  describeStoreFaults(options);
  describeStoreOutages(options);
});
