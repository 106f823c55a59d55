import {PostgresStores} from '../../lib/storage/postgres/postgres-stores.ts';
import {describeStoreFaults} from '../storage/store-faults.suite.ts';
import {usePostgres} from '../support/postgres-server.ts';
import {proxiedStores} from './proxied-stores.ts';

// Of one backend: what the protocol makes of an error does not depend on whose it was.
describe('faults, as the key process sees them: PostgreSQL', () => {
  describeStoreFaults({
    server: usePostgres(),
    open: async (url, network) => {
      const stores = await PostgresStores.open({url, ...network});
      return {...proxiedStores(stores), close: () => stores.close()};
    },
  });
});
