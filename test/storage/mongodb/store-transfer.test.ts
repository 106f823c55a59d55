import {expect} from 'chai';
import {useFerretdb} from '../../support/ferretdb-server.ts';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {openHandles as openSqlite} from '../sqlite/temporary-store.ts';
import {describeStoreTransfer} from '../store-transfer.suite.ts';
import {ScanWatch} from './index-use.ts';
import {openHandles} from './open-handles.ts';

describe('moving stores to and from MongoDB', () => {
  const server = useMongoJavaServer();
  const watch = new ScanWatch();
  describeStoreTransfer({
    name: 'mongo-java-server',
    open: () => openHandles(server, watch, watch),
    openSource: openSqlite,
  });
  // The last of them: tests of a suite come before the suites in it.
  describe('all of them', () => {
    it('asked for nothing that no index answers', () => {
      expect([...watch.scans]).to.deep.equal([]);
      expect(watch.seen).to.be.greaterThan(1000);
    });
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
