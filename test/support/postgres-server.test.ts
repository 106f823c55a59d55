import {expect} from 'chai';
import {Client} from 'pg';
import {usePostgres} from './postgres-server.ts';

describe('PostgresServer', () => {
  const server = usePostgres();

  it('gives each caller an empty database that asks for a password', async () => {
    const [first, second] = [await server.createDatabase(), await server.createDatabase()];
    const client = new Client({connectionString: first});
    await client.connect();
    await client.query('CREATE TABLE here (id text)');
    await client.end();
    const tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`;
    expect(await server.query(tables, first)).to.deep.equal([{tablename: 'here'}]);
    expect(await server.query(tables, second)).to.deep.equal([]);
    const intruder = new Client({connectionString: first.replace(server.password, 'wrong')});
    expect(await intruder.connect().catch((error: unknown) => error)).to.have.property('code', '28P01');
    for (const url of [first, second]) await server.dropDatabase(url);
    // Others may have databases of their own on the same server.
    const names = [first, second].map((url) => new URL(url).pathname.slice(1));
    const left = await server.query(`SELECT datname FROM pg_database WHERE datname LIKE 'webkms%'`);
    for (const name of names) expect(left).not.to.deep.include({datname: name});
  });

  it('keeps its data and its port when it is killed or restarted', async () => {
    const url = await server.createDatabase();
    const {port, pid} = server;
    await server.query('CREATE TABLE kept (id text)', url);
    await server.halt('SIGKILL');
    await server.resume();
    expect(server.pid).not.to.equal(pid);
    await server.restart();
    expect(server.port).to.equal(port);
    expect(await server.query('SELECT count(*)::int AS count FROM kept', url)).to.deep.equal([{count: 0}]);
    await server.dropDatabase(url);
  });
});
