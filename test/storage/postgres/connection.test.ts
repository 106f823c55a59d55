import {inspect} from 'node:util';
import {expect} from 'chai';
import {
  DuplicateError,
  InternalError,
  MalformedRequestError,
  OutcomeUnknownError,
  UnavailableError,
} from '../../../lib/errors.ts';
import {
  PostgresConnection,
  type PostgresConnectionOptions,
} from '../../../lib/storage/postgres/postgres-connection.ts';
import {parsePostgresUrl} from '../../../lib/storage/postgres/postgres-url.ts';
import {statement} from '../../../lib/storage/postgres/statement.ts';
import {TcpProxy} from '../../support/tcp-proxy.ts';
import {expectRefusal} from '../store-suite.ts';
import {usePostgresDatabases} from './postgres-databases.ts';

const OPTIONS: PostgresConnectionOptions = {maxConnections: 4, maxWaiting: 10, timeoutMs: 10_000};
const INSERT = statement('INSERT INTO lease VALUES ($1, $2, $3)');
const FIND = statement('SELECT name FROM lease WHERE name = $1');
const LOCK = statement('SELECT name FROM lease WHERE name = $1 FOR UPDATE');
const SLEEP = statement(`SELECT pg_sleep(30)::text`);
/** A statement that writes, and takes so long that it can be ended meanwhile. */
const SLOW_INSERT = statement(`INSERT INTO lease SELECT $1, pg_sleep(30)::text, 0`);
const COUNT_SLEEPING = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep%'`;
const END_OTHERS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`;

describe('PostgreSQL connections', function () {
  this.timeout(30_000);
  const databases = usePostgresDatabases();
  const {server} = databases;
  const opened: PostgresConnection[] = [];
  let url: string;

  before(async () => {
    url = await databases.create();
  });
  after(() => databases.drop(url));
  afterEach(async () => {
    for (const connection of opened.splice(0)) await connection.close();
    await server.query('DELETE FROM lease', url);
  });

  const connect = (options: Partial<PostgresConnectionOptions> = {}, through = url): PostgresConnection => {
    const connection = new PostgresConnection(parsePostgresUrl(through, undefined), {
      ...OPTIONS,
      ...options,
    });
    opened.push(connection);
    return connection;
  };

  const insert = (connection: PostgresConnection, name: string): Promise<unknown> =>
    connection.execute(INSERT, [name, 'a', 0]);
  const isThere = async (name: string): Promise<boolean> =>
    (await server.query(`SELECT 1 FROM lease WHERE name = '${name}'`, url)).length === 1;

  /** Waits until a statement sleeps in the server. */
  const untilSleeping = async (): Promise<void> => {
    while ((await server.query(COUNT_SLEEPING, url)).length === 0);
  };

  describe('back-pressure', () => {
    /** Holds a connection until it is told to let go. */
    const hold = (connection: PostgresConnection) => {
      const [held, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
      const done = connection.write(async () => {
        held.resolve(undefined);
        await end.promise;
      });
      // Whoever waits for it is told first.
      done.catch(held.reject);
      return {held: held.promise, end: () => end.resolve(undefined), done};
    };

    it('lets so many wait, refuses the next at once, and serves those that wait', async () => {
      const connection = connect({maxConnections: 1, maxWaiting: 2});
      const holder = hold(connection);
      await holder.held;
      const waiting = [insert(connection, 'one'), insert(connection, 'two')];
      await expectRefusal(insert(connection, 'three'), UnavailableError);
      holder.end();
      await Promise.all([holder.done, ...waiting]);
      await insert(connection, 'four');
      expect(await Promise.all(['one', 'two', 'three', 'four'].map(isThere))).to.deep.equal([
        true,
        true,
        false,
        true,
      ]);
    });

    it('uses all connections that it may before anybody waits', async () => {
      const connection = connect({maxConnections: 3, maxWaiting: 0});
      const holders = [hold(connection), hold(connection), hold(connection)];
      await Promise.all(holders.map(({held}) => held));
      await expectRefusal(connection.query(FIND, ['a']), UnavailableError);
      for (const {end} of holders) end();
      await Promise.all(holders.map(({done}) => done));
      // Idle connections are taken by as many at once.
      await Promise.all(['a', 'b', 'c'].map((name) => connection.query(FIND, [name])));
    });

    it('waits for a connection no longer than for anything', async () => {
      const proxy = await TcpProxy.start({host: '127.0.0.1', port: server.port});
      try {
        const connection = connect({maxConnections: 1, timeoutMs: 1500}, proxy.urlOf(url));
        // One waits for a server that says nothing, the other for a connection.
        proxy.hold(true);
        const outcomes = await Promise.all(
          ['one', 'two'].map((name) => insert(connection, name).catch((error: unknown) => error)),
        );
        expect(outcomes.map((error) => (error as Error).constructor)).to.deep.equal([
          UnavailableError,
          UnavailableError,
        ]);
        proxy.hold(false);
        await insert(connection, 'after');
        expect(await Promise.all(['one', 'two'].map(isThere))).to.deep.equal([false, false]);
      } finally {
        await proxy.close();
      }
    });
  });

  describe('time-outs', () => {
    it('gives a lock up that another holds, and knows that nothing was done', async () => {
      const [holder, waiter] = [connect(), connect({timeoutMs: 1500})];
      await insert(holder, 'locked');
      await holder.write(async (tx) => {
        await tx.query(LOCK, ['locked']);
        const outcome = await waiter
          .execute(statement('DELETE FROM lease WHERE name = $1'), ['locked'])
          .catch((error: unknown) => error);
        expect(outcome).to.be.instanceOf(UnavailableError).and.not.instanceOf(OutcomeUnknownError);
      });
      expect(await isThere('locked')).to.equal(true);
    });

    it('ends a statement that takes too long', async () => {
      const connection = connect({timeoutMs: 1500});
      await expectRefusal(connection.query(SLEEP), UnavailableError);
      await insert(connection, 'after');
    });

    it('knows of nothing that a silent server was sent to write, and of everything else that it was not done', async () => {
      const proxy = await TcpProxy.start({host: '127.0.0.1', port: server.port});
      try {
        const connection = connect({timeoutMs: 1500, maxConnections: 2}, proxy.urlOf(url));
        await Promise.all([connection.query(FIND, ['a']), connection.query(FIND, ['b'])]);
        proxy.hold(true);
        const outcomes = await Promise.all(
          [
            connection.query(FIND, ['a']),
            insert(connection, 'unknown'),
            connection.write((tx) => tx.execute(INSERT, ['undone', 'a', 0])),
          ].map((attempt) => attempt.catch((error: unknown) => error)),
        );
        expect(outcomes.map((error) => (error as Error).constructor)).to.deep.equal([
          UnavailableError,
          OutcomeUnknownError,
          UnavailableError,
        ]);
        proxy.hold(false);
        await insert(connection, 'after');
        expect(await isThere('undone')).to.equal(false);
      } finally {
        await proxy.close();
      }
    });
  });

  describe('connections that end', () => {
    it('finds others where those that were idle were ended, and says so without a secret', async () => {
      const lines: string[] = [];
      const log = {
        info: () => undefined,
        warn: (...line: unknown[]) => lines.push(inspect(line, {depth: 9})),
      };
      const connection = connect({log});
      await Promise.all(['a', 'b', 'c'].map((name) => connection.query(FIND, [name])));
      await server.query(END_OTHERS, url);
      while (lines.length < 3) await new Promise((resolve) => setImmediate(resolve));
      await insert(connection, 'after');
      expect(lines.join('\n'))
        .to.match(/a connection to the store was lost/)
        .and.match(/57P01/);
      expect(lines.join('\n')).to.not.include(server.password);
    });

    const ended: readonly (readonly [
      what: string,
      type: typeof UnavailableError,
      attempt: (connection: PostgresConnection) => Promise<unknown>,
    ])[] = [
      ['a read is not done', UnavailableError, (connection) => connection.query(SLEEP)],
      [
        'a transaction that was not committed is not done',
        UnavailableError,
        (connection) =>
          connection.write(async (tx) => {
            await tx.execute(INSERT, ['lost', 'a', 0]);
            await tx.query(SLEEP);
          }),
      ],
      [
        'a write by itself may have been done',
        OutcomeUnknownError,
        (connection) => connection.execute(SLOW_INSERT, ['lost']),
      ],
    ];
    for (const [what, type, attempt] of ended) {
      it(`knows that ${what}, where the server ends the connection`, async () => {
        const connection = connect({timeoutMs: 20_000});
        const outcome = attempt(connection).catch((error: unknown) => error);
        await untilSleeping();
        await server.query(END_OTHERS, url);
        expect(await outcome).to.have.property('constructor', type);
        expect(await isThere('lost')).to.equal(false);
        await insert(connection, 'after');
      });
    }

    it('is told of a commit by the server, and by nobody else', async () => {
      const proxy = await TcpProxy.start({host: '127.0.0.1', port: server.port});
      try {
        for (const cut of ['before', 'after'] as const) {
          const connection = connect({}, proxy.urlOf(url));
          // Prepared, so that the next one is known by its name alone.
          await connection.write((tx) => tx.execute(INSERT, [`first ${cut}`, 'a', 0]));
          let messages = 0;
          // BEGIN, INSERT, COMMIT.
          proxy.onClientData(() => (++messages === 3 ? cut : undefined));
          await expectRefusal(
            connection.write((tx) => tx.execute(INSERT, [cut, 'a', 0])),
            OutcomeUnknownError,
          );
          proxy.onClientData(undefined);
          await proxy.settled();
        }
        expect(await isThere('before')).to.equal(false);
        expect(await isThere('after')).to.equal(true);
      } finally {
        await proxy.close();
      }
    });

    it('goes on by itself after the server was stopped and started', async () => {
      const connection = connect();
      await insert(connection, 'before');
      await server.halt();
      try {
        await expectRefusal(connection.query(FIND, ['before']), UnavailableError);
        await expectRefusal(insert(connection, 'meanwhile'), UnavailableError);
      } finally {
        await server.resume();
      }
      expect(await connection.query(FIND, ['before'])).to.have.lengthOf(1);
      await insert(connection, 'after');
    });

    it('goes on to the next of several servers where one is gone, or says nothing', async () => {
      const proxy = await TcpProxy.start({host: '127.0.0.1', port: server.port});
      try {
        const several = url.replace('@', `@127.0.0.1:${proxy.port},`);
        const connection = connect({timeoutMs: 4000}, several);
        await insert(connection, 'before');
        expect(proxy.connections).to.equal(1);
        proxy.refuse(true);
        proxy.cut();
        // Its connection may not know yet.
        await connection.query(FIND, ['before']).catch(() => undefined);
        expect(await connection.query(FIND, ['before'])).to.have.lengthOf(1);
        proxy.refuse(false);
        proxy.hold(true);
        const another = connect({timeoutMs: 4000, maxConnections: 1}, several);
        await Promise.all(['one', 'two', 'three'].map((name) => insert(another, name)));
      } finally {
        await proxy.close();
      }
    });

    it('leaves a server that takes no writes any more, and finds the one that does', async () => {
      const name = new URL(url).pathname.slice(1);
      const connection = connect();
      await insert(connection, 'before');
      await server.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      await server.query(END_OTHERS, url);
      await expectRefusal(insert(connection, 'meanwhile'), UnavailableError);
      await expectRefusal(connection.query(FIND, ['before']), UnavailableError);
      await server.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
      await insert(connection, 'after');
    });

    it('is closed once, for all', async () => {
      const connection = connect();
      await insert(connection, 'before');
      await connection.close();
      await connection.close();
      await expectRefusal(connection.query(FIND, ['before']), UnavailableError);
    });
  });

  describe('transactions', () => {
    it('runs those again that wait for each other, and all come through', async () => {
      const connection = connect();
      for (const name of ['one', 'two']) await insert(connection, name);
      const both = Promise.withResolvers<undefined>();
      let locked = 0;
      const lockBoth = (first: string, second: string): Promise<number> => {
        let attempts = 0;
        return connection.write(async (tx) => {
          attempts++;
          await tx.query(LOCK, [first]);
          if (++locked >= 2) both.resolve(undefined);
          await both.promise;
          await tx.query(LOCK, [second]);
          return attempts;
        });
      };
      const attempts = await Promise.all([lockBoth('one', 'two'), lockBoth('two', 'one')]);
      const [fewest, most] = attempts.toSorted((a, b) => a - b);
      expect(fewest).to.equal(1);
      // They may meet again, where the one that goes on is slow to take what the other left.
      expect(most).to.be.greaterThan(1);
    });

    it('gives up what always meets another, and has done nothing', async () => {
      const connection = connect();
      let attempts = 0;
      await expectRefusal(
        connection.write(async (tx) => {
          attempts++;
          await tx.execute(INSERT, ['conflict', 'a', 0]);
          await tx.execute(statement(`DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`));
        }),
        UnavailableError,
      );
      expect(attempts).to.equal(6);
      expect(await isThere('conflict')).to.equal(false);
    });

    it('undoes what throws, and goes on with the connection', async () => {
      const connection = connect({maxConnections: 1});
      const failure = new RangeError('a defect');
      const outcome = await connection
        .write(async (tx) => {
          await tx.execute(INSERT, ['undone', 'a', 0]);
          throw failure;
        })
        .catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(InternalError).with.property('cause', failure);
      await insert(connection, 'after');
      expect(await isThere('undone')).to.equal(false);
    });

    it('takes a commit for none where a statement had failed', async () => {
      const connection = connect();
      const swallowed = connection.write(async (tx) => {
        await tx.execute(INSERT, ['undone', 'a', 0]);
        await tx.execute(INSERT, ['undone', 'a', 0]).catch(() => undefined);
      });
      await expectRefusal(swallowed, InternalError);
      expect(await isThere('undone')).to.equal(false);
    });

    it('sees one moment in a snapshot, and writes nothing in it', async () => {
      const [connection, other] = [connect(), connect()];
      await connection.snapshot(async (tx) => {
        expect(await tx.query(FIND, ['new'])).to.have.lengthOf(0);
        await insert(other, 'new');
        expect(await tx.query(FIND, ['new'])).to.have.lengthOf(0);
      });
      expect(await connection.query(FIND, ['new'])).to.have.lengthOf(1);
      await expectRefusal(
        connection.snapshot((tx) => tx.execute(INSERT, ['undone', 'a', 0])),
        UnavailableError,
      );
      expect(await isThere('undone')).to.equal(false);
    });
  });

  describe('errors', () => {
    const REFUSALS: readonly (readonly [
      what: string,
      sql: string,
      type: typeof InternalError | typeof DuplicateError,
    ])[] = [
      ['a value that is there', `INSERT INTO lease VALUES ('secret-value', 'a', 0)`, DuplicateError],
      ['a value that breaks a constraint', `INSERT INTO lease VALUES ('', 'secret-value', 0)`, InternalError],
      [
        'a value that is left out',
        `INSERT INTO lease (name, holder) VALUES ('a', 'secret-value')`,
        InternalError,
      ],
      ['a table that is not there', 'SELECT 1 FROM none', InternalError],
      ['text that the server cannot keep', `SELECT E'\\\\000'::bytea::text || chr(0)`, InternalError],
      ['an integer that no number holds', 'SELECT 9007199254740993 AS number', InternalError],
    ];
    for (const [what, sql, type] of REFUSALS) {
      it(`tells of ${what}, without the values of rows`, async () => {
        const connection = connect({maxConnections: 1});
        await insert(connection, 'secret-value');
        const outcome = await connection
          .write((tx) => tx.execute(statement(sql)))
          .catch((error: unknown) => error);
        expect(outcome).to.be.instanceOf(type);
        expect(inspect(outcome, {depth: 9, showHidden: true})).to.not.include('secret-value');
        await insert(connection, 'after');
      });
    }

    it('takes the character that the server cannot keep for a mistake of who sent it, and no other', async () => {
      const connection = connect({maxConnections: 1});
      await expectRefusal(insert(connection, 'a\u0000b'), MalformedRequestError);
      await expectRefusal(connection.query(FIND, ['\u0000']), MalformedRequestError);
      await insert(connection, 'a\u0001b\u{10ffff}');
      expect(await connection.query(FIND, ['a\u0001b\u{10ffff}'])).to.have.lengthOf(1);
    });
  });
});
