import {PostgresStores} from '../../lib/storage/postgres/postgres-stores.ts';
import {usePostgres} from '../support/postgres-server.ts';
import {describeStoreFaults} from './store-faults.suite.ts';
import {describeStoreOutages} from './store-outages.suite.ts';

describe('faults: PostgreSQL', () => {
  const postgres = {
    server: usePostgres(),
    open: (url: string, options: {readonly timeoutMs: number}) => PostgresStores.open({url, ...options}),
  };
  describeStoreFaults(postgres);
  describeStoreOutages(postgres);
});
