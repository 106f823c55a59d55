import {openHandles} from '../sqlite/temporary-store.ts';
import {describeStoreTransfer} from '../store-transfer.suite.ts';
import {usePostgresDatabases, useSharedHandles} from './postgres-databases.ts';

describe('moving stores to and from PostgreSQL', () => {
  const open = useSharedHandles(usePostgresDatabases());
  describeStoreTransfer({name: 'PostgreSQL', open, openSource: openHandles});
});
