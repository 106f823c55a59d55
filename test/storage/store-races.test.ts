import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {useNamedMongodb} from '../support/mongodb-url.ts';
import {type DatabaseSource, openHandles as openMongodbHandles} from './mongodb/open-handles.ts';
import {usePostgresDatabases, useSharedHandles} from './postgres/postgres-databases.ts';
import {openHandles as openSqliteHandles} from './sqlite/temporary-store.ts';
import {describeStoreRaces} from './store-races.suite.ts';

describeStoreRaces({name: 'SQLite', open: openSqliteHandles});

describe('in PostgreSQL', () => {
  describeStoreRaces({name: 'PostgreSQL', open: useSharedHandles(usePostgresDatabases())});
});

// FerretDB has no place here: it reads, filters and then writes by `_id`, so that two updates may both find what they ask for.
function describeMongodbRaces(name: string, use: () => DatabaseSource): void {
  describe(`in MongoDB, on ${name}`, () => {
    const server = use();
    describeStoreRaces({name, open: () => openMongodbHandles(server)});
  });
}

describeMongodbRaces('mongo-java-server', useMongoJavaServer);
describeMongodbRaces('the one that MONGODB_URL names', useNamedMongodb);
