import {join} from 'node:path';
import {before} from 'mocha';
import {MongodbProtocolServer, installed} from './mongodb-protocol-server.ts';
import {skipFor} from './missing-program.ts';
import {usePostgres, type PostgresServer} from './postgres-server.ts';

export type FerretdbBackend = 'SQLite' | 'PostgreSQL';

const shared = new Map<FerretdbBackend, MongodbProtocolServer>();

/** A FerretDB. Its updates are not atomic, and it keeps its data when it halts. */
export function createFerretdb(postgres?: PostgresServer): MongodbProtocolServer {
  return new MongodbProtocolServer(
    `FerretDB on ${postgres ? 'PostgreSQL' : 'SQLite'}`,
    async (directory) => ({
      command: join(installed('ferretdb')!, 'ferretdb'),
      args: [],
      environment: postgres
        ? {FERRETDB_HANDLER: 'postgresql', FERRETDB_URL: await postgres.createDatabase()}
        : {FERRETDB_HANDLER: 'sqlite', FERRETDB_URL: `file:${directory}/`},
    }),
  );
}

/** To be called in a `describe`: its tests have the one server of the process, or are skipped where it is missing. */
export function useFerretdb({backend = 'SQLite'}: {backend?: FerretdbBackend} = {}): MongodbProtocolServer {
  const postgres = backend === 'PostgreSQL' ? usePostgres() : undefined;
  const server = shared.get(backend) ?? createFerretdb(postgres);
  shared.set(backend, server);
  before(server.name, async function () {
    needFerretdb(this);
    this.timeout(60_000);
    await server.ensureStarted();
  });
  return server;
}

export function needFerretdb(context: Mocha.Context): void {
  if (installed('ferretdb') === undefined)
    skipFor(context, 'FerretDB is missing: test/servers/install makes it.');
}
