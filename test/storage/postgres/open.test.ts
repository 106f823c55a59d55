import {inspect} from 'node:util';
import {expect} from 'chai';
import {Client} from 'pg';
import {checkServer, type ServerState} from '../../../lib/storage/postgres/check-server.ts';
import {NETWORK_STORE_DEFAULTS} from '../../../lib/storage/network-store-options.ts';
import {requireOwnSessions} from '../../../lib/storage/postgres/own-session.ts';
import {PostgresConnection} from '../../../lib/storage/postgres/postgres-connection.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {parsePostgresUrl} from '../../../lib/storage/postgres/postgres-url.ts';
import {statement} from '../../../lib/storage/postgres/statement.ts';
import {StoreOpenError, type StoreOpenErrorCode} from '../../../lib/storage/store-open-error.ts';
import {freePort} from '../../crash/free-port.ts';
import {insertKeystore} from '../records.ts';
import {plain} from '../store-suite.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

const SECRET = 'correct-horse-battery';

/** Opens, and expects to be refused so: the message names the setting and nothing that is secret. */
async function expectOpenError(
  attempt: Promise<PostgresStores>,
  code: StoreOpenErrorCode,
  message: RegExp,
  secret = SECRET,
): Promise<void> {
  const outcome = await attempt.then(
    async (stores) => {
      await stores.close();
      return 'it was opened';
    },
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(StoreOpenError);
  expect(outcome).to.have.property('code', code);
  expect(outcome)
    .to.have.property('message')
    .that.matches(message)
    .and.matches(/WEBKMS_STORAGE/);
  // With its causes, as a log would have it.
  expect(inspect(outcome, {depth: 10, showHidden: true})).to.not.include(secret);
}

const open = (url: string, password?: string): Promise<PostgresStores> =>
  PostgresStores.open({url, timeoutMs: 2000, ...(password !== undefined && {password})});

describe('opening a PostgreSQL database', function () {
  this.timeout(30_000);
  const databases = usePostgresDatabases();
  const {server} = databases;
  let url: string;

  beforeEach(async () => {
    url = await server.createDatabase();
  });
  afterEach(() => databases.drop(url));

  const tablesOf = async (): Promise<number> => {
    const rows = await server.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`, url);
    return rows.length;
  };

  it('makes the schema, once, also where several nodes start at the same time', async () => {
    const opened = await Promise.all([open(url), open(url), open(url)]);
    const [first, ...others] = opened;
    const {id} = await insertKeystore(first);
    for (const stores of others) expect(await stores.keystores.find(id)).to.have.property('id', id);
    const migrations = await server.query(
      'SELECT version FROM webkms_schema_migration ORDER BY version',
      url,
    );
    expect(migrations.map(({version}) => Number(version))).to.deep.equal(
      migrations.map((_, index) => index + 1),
    );
    await Promise.all(opened.map((stores) => stores.close()));
  });

  const malformed: readonly (readonly [problem: string, url: string])[] = [
    ['another scheme', `mysql://webkms:${SECRET}@127.0.0.1/webkms`],
    ['several hosts, and one without a name', `postgres://webkms:${SECRET}@one.example:5432,:5433/webkms`],
    ['several hosts, and a wrong port', `postgres://webkms:${SECRET}@one.example,two.example:99999/webkms`],
    [
      'a wish for a standby',
      `postgres://webkms:${SECRET}@127.0.0.1/webkms?target_session_attrs=prefer-standby`,
    ],
    ['no user', `postgres://127.0.0.1/webkms?application_name=${SECRET}`],
    ['no database', `postgres://webkms:${SECRET}@127.0.0.1`],
    ['no host', `postgres://webkms:${SECRET}@/webkms`],
    ['another port', `postgres://webkms:${SECRET}@127.0.0.1:99999/webkms`],
    ['a wrong encoding', `postgres://web%kms:${SECRET}@127.0.0.1/webkms`],
    ['an option that is not known', `postgres://webkms@127.0.0.1/webkms?pass=${SECRET}`],
    ['an option twice', `postgres://webkms:${SECRET}@127.0.0.1/webkms?sslmode=disable&sslmode=verify-full`],
    ['an sslmode that falls back to none', `postgres://webkms:${SECRET}@127.0.0.1/webkms?sslmode=prefer`],
    [
      'a file that is not there',
      `postgres://webkms:${SECRET}@127.0.0.1/webkms?sslmode=verify-ca&sslrootcert=/none`,
    ],
    ['certificates that nothing uses', `postgres://webkms:${SECRET}@127.0.0.1/webkms?sslrootcert=/dev/null`],
    ['no URL', SECRET],
  ];
  for (const [problem, malformedUrl] of malformed) {
    it(`refuses a URL with ${problem}`, () =>
      expectOpenError(open(malformedUrl), 'ERR_STORE_UNREACHABLE', /^WEBKMS_STORAGE /));
  }

  it('refuses a server that is not there', async () => {
    const port = await freePort();
    const absent = `postgres://webkms:${SECRET}@127.0.0.1:${port}/webkms`;
    await expectOpenError(open(absent), 'ERR_STORE_UNREACHABLE', /cannot be reached \(.*ECONNREFUSED/);
    const nowhere = `postgres://webkms:${SECRET}@host.invalid/webkms`;
    await expectOpenError(open(nowhere), 'ERR_STORE_UNREACHABLE', /host\.invalid:5432 .*cannot be reached/);
  });

  it('takes the one of several servers that can be used, and else tells of each', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const stores = await open(url.replace('@', `@127.0.0.1:${port},`));
    expect(await stores.verify()).to.deep.equal([]);
    await stores.close();
    const absent = `postgres://webkms:${SECRET}@127.0.0.1:${port},127.0.0.1:${other}/webkms`;
    const both = new RegExp(`127.0.0.1:${port} .*ECONNREFUSED.*127.0.0.1:${other} .*ECONNREFUSED`);
    await expectOpenError(open(absent), 'ERR_STORE_UNREACHABLE', both);
    const wrong = url.replace(server.password, SECRET).replace('@', `@127.0.0.1:${port},`);
    await expectOpenError(
      open(wrong),
      'ERR_STORE_CREDENTIALS',
      /ECONNREFUSED.*refuses the user or the password/,
    );
  });

  it('refuses a wrong password, a wrong user and none, and takes another in place of the URL’s', async () => {
    const wrong = new URL(url);
    wrong.password = SECRET;
    await expectOpenError(open(wrong.href), 'ERR_STORE_CREDENTIALS', /refuses the user or the password/);
    await expectOpenError(open(url, SECRET), 'ERR_STORE_CREDENTIALS', /refuses/, server.password);
    await (await open(wrong.href, server.password)).close();
    const without = new URL(url);
    without.password = '';
    await expectOpenError(open(without.href), 'ERR_STORE_CREDENTIALS', /asks for a password/);
    const unknown = new URL(url);
    unknown.username = 'nobody';
    await expectOpenError(open(unknown.href), 'ERR_STORE_CREDENTIALS', /refuses/, server.password);
  });

  it('takes nothing that the URL lacks from the environment', async () => {
    const without = new URL(url);
    without.password = '';
    const environment = {
      PGPASSWORD: server.password,
      PGOPTIONS: '-c search_path=pg_catalog',
      PGREPLICATION: 'database',
    };
    Object.assign(process.env, environment);
    try {
      await expectOpenError(open(without.href), 'ERR_STORE_CREDENTIALS', /asks for a password/);
      await (await open(url)).close();
    } finally {
      for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
    }
    expect(await tablesOf()).to.be.greaterThan(0);
  });

  it('refuses a database that is not there', async () => {
    const absent = new URL(url);
    absent.pathname = '/none';
    await expectOpenError(
      open(absent.href),
      'ERR_STORE_UNREACHABLE',
      /no database of that name/,
      server.password,
    );
  });

  it('refuses a server without TLS where the URL asks for it', () =>
    expectOpenError(open(`${url}?sslmode=require`), 'ERR_STORE_UNSUPPORTED', /no TLS/, server.password));

  it('refuses another application’s database, and leaves it as it is', async () => {
    await server.query('CREATE TABLE customer (id int)', url);
    await expectOpenError(
      open(url),
      'ERR_STORE_FOREIGN',
      /another application's tables \(customer\)/,
      server.password,
    );
    expect(await tablesOf()).to.equal(1);
    // A view or a sequence is somebody's, too; an extension's tables are nobody's.
    await server.query('DROP TABLE customer; CREATE SEQUENCE counter', url);
    await expectOpenError(open(url), 'ERR_STORE_FOREIGN', /\(counter\)/, server.password);
    await server.query('DROP SEQUENCE counter; CREATE EXTENSION pg_stat_statements', url);
    await (await open(url)).close();
  });

  it('lives beside another application in a schema of its own', async () => {
    await server.query('CREATE TABLE customer (id int); CREATE SCHEMA "Own Keys" AUTHORIZATION webkms', url);
    const stores = await open(`${url}?options=${encodeURIComponent('-c search_path="Own\\ Keys"')}`);
    const {id} = await insertKeystore(stores);
    expect(await stores.keystores.find(id)).to.have.property('id', id);
    expect(await stores.verify()).to.deep.equal([]);
    await stores.close();
    expect(await tablesOf()).to.equal(1);
  });

  it('refuses a newer schema', async () => {
    await (await open(url)).close();
    await server.query(`INSERT INTO webkms_schema_migration VALUES (99, 'of the future', 0)`, url);
    await expectOpenError(open(url), 'ERR_STORE_NEWER', /schema version 99/, server.password);
    await server.query('DELETE FROM webkms_schema_migration WHERE version = 99', url);
    await (await open(url)).close();
  });

  it('needs no right to make tables once they are there, and refuses to go without the others', async () => {
    const name = new URL(url).pathname.slice(1);
    const role = `limited_${name}`;
    const limited = new URL(url);
    limited.username = role;
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD '${server.password}'`);
    // As databases of PostgreSQL 15 and later are.
    await server.query(
      'REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT CREATE ON SCHEMA public TO webkms',
      url,
    );
    try {
      await expectOpenError(
        open(limited.href),
        'ERR_STORE_PRIVILEGES',
        /denies the user what is needed \(42501 permission denied for schema public\)/,
        server.password,
      );
      expect(await tablesOf()).to.equal(0);
      await (await open(url)).close();
      await expectOpenError(open(limited.href), 'ERR_STORE_PRIVILEGES', /denies the user/, server.password);
      await server.query(
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`,
        url,
      );
      const stores = await open(limited.href);
      const {id} = await insertKeystore(stores);
      await stores.keystores.delete(id, {sequence: 0});
      await stores.close();
      await server.query(`REVOKE DELETE ON revocation FROM ${role}`, url);
      await expectOpenError(
        open(limited.href),
        'ERR_STORE_PRIVILEGES',
        /DELETE on revocation/,
        server.password,
      );
    } finally {
      await server.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`, url);
    }
  });

  it('refuses a server that only reads', async () => {
    await (await open(url)).close();
    const name = new URL(url).pathname.slice(1);
    await server.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await expectOpenError(
      open(url),
      'ERR_STORE_UNSUPPORTED',
      /127\.0\.0\.1:\d+ .*takes no writes/,
      server.password,
    );
    await server.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await (await open(url)).close();
  });

  it('refuses a database that does not keep Unicode', async () => {
    const name = `latin_${new URL(url).pathname.slice(1)}`;
    const latin = new URL(url);
    latin.pathname = `/${name}`;
    const [version = {}] = await server.query(`SELECT current_setting('server_version_num')::int AS number`);
    const provider = Number(version['number']) < 150_000 ? '' : 'LOCALE_PROVIDER libc';
    await server.query(
      `CREATE DATABASE ${name} OWNER webkms TEMPLATE template0 ENCODING 'LATIN1' ${provider} LOCALE 'C'`,
    );
    try {
      await expectOpenError(open(latin.href), 'ERR_STORE_UNSUPPORTED', /in LATIN1/, server.password);
    } finally {
      await databases.drop(latin.href);
    }
  });

  it('refuses a server whose sessions a pooler gives to several', async () => {
    const [client, other] = [new Client(url), new Client(url)];
    await Promise.all([client.connect(), other.connect()]);
    try {
      await requireOwnSessions(client, other);
      const outcome = await requireOwnSessions(client, client).catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(StoreOpenError).with.property('code', 'ERR_STORE_UNSUPPORTED');
    } finally {
      await Promise.all([client.end(), other.end()]);
    }
  });

  it('refuses a server that is too old', () => {
    const state: ServerState = {
      version: 140_000,
      encoding: 'UTF8',
      readsOnly: false,
      schema: 'public',
      flushes: true,
    };
    expect(() => checkServer(state, 'db:5432')).to.not.throw();
    expect(() => checkServer({...state, version: 130_014}, 'db:5432')).to.throw(
      StoreOpenError,
      /db:5432 that WEBKMS_STORAGE names is PostgreSQL 13/,
    );
  });

  it('says where nothing protects what goes over the network, or what is written', async () => {
    const warnings: string[] = [];
    const log = {info: () => undefined, warn: (_: object, message: string) => warnings.push(message)};
    await (await PostgresStores.open({url, log})).close();
    expect(warnings).to.deep.equal([
      'The database server has fsync or full_page_writes off: a loss of power can lose all.',
    ]);
  });

  it('sets sessions up, whatever the database has by default', async () => {
    const name = new URL(url).pathname.slice(1);
    await server.query(
      `ALTER DATABASE ${name} SET synchronous_commit = local; ALTER DATABASE ${name} SET bytea_output = escape;
       ALTER DATABASE ${name} SET default_transaction_isolation = serializable`,
    );
    const stores = await open(url);
    const config = await insertKeystore(stores);
    expect(plain(await stores.keystores.find(config.id))).to.deep.equal(plain(config));
    await stores.close();
    const connection = new PostgresConnection(parsePostgresUrl(url, undefined), NETWORK_STORE_DEFAULTS);
    const settings = await connection.query(
      statement(`SELECT current_setting('synchronous_commit') AS commit, current_setting('application_name') AS name,
        current_setting('transaction_isolation') AS isolation, current_setting('statement_timeout') AS timeout,
        current_setting('jit') AS jit`),
    );
    expect(settings[0]).to.include({
      commit: 'on',
      name: 'webkms',
      isolation: 'read committed',
      timeout: '4500ms',
      jit: 'off',
    });
    await connection.close();
    // What a standby has not flushed it can lose.
    for (const [given, commit] of [
      ['remote_write', 'on'],
      ['remote_apply', 'remote_apply'],
    ]) {
      await server.query(`ALTER DATABASE ${name} SET synchronous_commit = ${given}`);
      const another = new PostgresConnection(parsePostgresUrl(url, undefined), NETWORK_STORE_DEFAULTS);
      const [row] = await another.query(statement(`SELECT current_setting('synchronous_commit') AS commit`));
      expect(row).to.include({commit});
      await another.close();
    }
  });
});
