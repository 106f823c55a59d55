import type {DatabaseServer} from '../support/database-server.ts';
import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {usePostgres} from '../support/postgres-server.ts';
import {TcpProxy} from '../support/tcp-proxy.ts';
import type {SharedStore} from './two-nodes.ts';
import {describeTwoNodes} from './two-nodes.suite.ts';

/** On the way to a new database of the server. */
async function openOver(server: DatabaseServer): Promise<SharedStore> {
  const url = await server.createDatabase();
  const proxy = await TcpProxy.start({host: '127.0.0.1', port: server.port});
  return {
    url,
    proxy,
    close: async () => {
      await proxy.close();
      await server.dropDatabase(url);
    },
  };
}

describeTwoNodes({name: 'SQLite', open: async () => ({close: async () => undefined})});

describe('over the network', () => {
  const postgres = usePostgres();
  describeTwoNodes({name: postgres.name, open: () => openOver(postgres), delayMs: 300});
  describeTwoNodes({
    name: `${postgres.name}, keys in processes of their own`,
    open: () => openOver(postgres),
    environment: {WEBKMS_ISOLATION: 'process'},
  });
});

describe('over the network, by the protocol of MongoDB', () => {
  const mongodb = useMongoJavaServer();
  describeTwoNodes({name: mongodb.name, open: () => openOver(mongodb), delayMs: 300});
});
