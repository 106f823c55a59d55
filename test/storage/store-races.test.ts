import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {openHandles as openMongodbHandles} from './mongodb/open-handles.ts';
import {usePostgresDatabases, useSharedHandles} from './postgres/postgres-databases.ts';
import {openHandles as openSqliteHandles} from './sqlite/temporary-store.ts';
import {describeStoreRaces} from './store-races.suite.ts';

describeStoreRaces({name: 'SQLite', open: openSqliteHandles});

describe('in PostgreSQL', () => {
  describeStoreRaces({name: 'PostgreSQL', open: useSharedHandles(usePostgresDatabases())});
});

// FerretDB has no place here: it reads, filters and then writes by `_id`, so that two updates may both find what they ask for.
describe('in MongoDB', () => {
  const server = useMongoJavaServer();
  describeStoreRaces({name: 'mongo-java-server', open: () => openMongodbHandles(server)});
});
