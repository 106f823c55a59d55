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
