import {useFerretdb} from '../../support/ferretdb-server.ts';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {openHandles as openSqlite} from '../sqlite/temporary-store.ts';
import {describeStoreTransfer} from '../store-transfer.suite.ts';
import {openHandles} from './open-handles.ts';

describe('moving stores to and from MongoDB', () => {
  const server = useMongoJavaServer();
  describeStoreTransfer({
    name: 'mongo-java-server',
    open: () => openHandles(server),
    openSource: openSqlite,
  });
});

describe('moving stores to and from FerretDB', function () {
  this.timeout(60_000);
  const server = useFerretdb({backend: 'SQLite'});
  describeStoreTransfer({
    name: 'FerretDB',
    open: () => openHandles(server),
    openSource: openSqlite,
  });
});
