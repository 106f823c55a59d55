import {expect} from 'chai';
import {MongoClient} from 'mongodb';
import {useFerretdb} from './ferretdb-server.ts';
import type {DatabaseServer} from './database-server.ts';
import {useMongoJavaServer} from './mongo-java-server.ts';

function describeServer(title: string, use: () => DatabaseServer, {isDurable}: {isDurable: boolean}): void {
  describe(title, () => {
    const server = use();

    it('gives each caller an empty database', async () => {
      const [first, second] = [await server.createDatabase(), await server.createDatabase()];
      await withDatabase(first, async (db) => db.collection('here').insertOne({one: 1}));
      expect(await withDatabase(first, async (db) => db.collection('here').countDocuments())).to.equal(1);
      expect(await withDatabase(second, async (db) => db.listCollections().toArray())).to.deep.equal([]);
      await server.dropDatabase(first);
      expect(await withDatabase(first, async (db) => db.listCollections().toArray())).to.deep.equal([]);
    });

    it(`keeps its port${isDurable ? ' and its data' : ', not its data,'} when it is killed or restarted`, async () => {
      const url = await server.createDatabase();
      const {port, pid} = server;
      await withDatabase(url, async (db) => db.collection('kept').insertOne({one: 1}));
      await server.halt('SIGKILL');
      await server.resume();
      expect(server.pid).not.to.equal(pid);
      await server.restart();
      expect(server.port).to.equal(port);
      const count = await withDatabase(url, async (db) => db.collection('kept').countDocuments());
      expect(count).to.equal(isDurable ? 1 : 0);
      await server.dropDatabase(url);
    });
  });
}

async function withDatabase<T>(
  url: string,
  use: (db: ReturnType<MongoClient['db']>) => Promise<T>,
): Promise<T> {
  const client = await MongoClient.connect(url);
  try {
    return await use(client.db());
  } finally {
    await client.close();
  }
}

describeServer('mongo-java-server', useMongoJavaServer, {isDurable: false});
describeServer('FerretDB on SQLite', () => useFerretdb(), {isDurable: true});
describeServer('FerretDB on PostgreSQL', () => useFerretdb({backend: 'PostgreSQL'}), {isDurable: true});
