import {randomBytes} from 'node:crypto';
import {after} from 'mocha';
import {Client} from 'pg';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {ALL_TABLES} from '../../../lib/storage/postgres/schema-tables.ts';
import {type PostgresServer, usePostgres} from '../../support/postgres-server.ts';
import type {StoreHandles} from '../store-suite.ts';

const TEMPLATE = 'webkms_template';

/** Databases of the process's server, each a copy of one whose schema was made once. */
export class PostgresDatabases {
  readonly server: PostgresServer;
  #template: Promise<void> | undefined;

  constructor(server: PostgresServer) {
    this.server = server;
  }

  /** @returns the URL of a new database that has this release's schema */
  async create(): Promise<string> {
    await (this.#template ??= this.#createTemplate());
    const name = `webkms_${randomBytes(8).toString('hex')}`;
    await this.server.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} OWNER webkms`);
    return this.#urlOf(name);
  }

  async drop(url: string): Promise<void> {
    await this.server.dropDatabase(url);
  }

  async #createTemplate(): Promise<void> {
    const url = await this.server.createDatabase();
    await (await PostgresStores.open({url})).close();
    await this.server.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} RENAME TO ${TEMPLATE}`);
  }

  #urlOf(name: string): string {
    return `postgres://webkms:${this.server.password}@127.0.0.1:${this.server.port}/${name}`;
  }
}

let shared: PostgresDatabases | undefined;

/** To be called in a `describe`. */
export function usePostgresDatabases(): PostgresDatabases {
  const server = usePostgres();
  return (shared ??= new PostgresDatabases(server));
}

/**
 * To be called in a `describe`. @returns what opens an empty store for a test: always the same one, of two pools, which is emptied
 * when a test closes it. To create a database for each takes a hundred times as long.
 */
export function useSharedHandles(databases: PostgresDatabases): () => Promise<StoreHandles> {
  let opened: Promise<SharedStore> | undefined;
  after('stores', async () => {
    const shared = await opened;
    await shared?.close();
  });
  return async () => {
    const {stores, other, empty} = await (opened ??= openSharedStore(databases));
    return {stores, other, close: empty};
  };
}

interface SharedStore {
  readonly stores: PostgresStores;
  readonly other: PostgresStores;
  readonly empty: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const KEPT: ReadonlySet<string> = new Set(['hierarchy_state', 'probe']);
/** Without the rules that keep rows. */
const EMPTY = [
  'BEGIN',
  'SET LOCAL session_replication_role = replica',
  ...ALL_TABLES.filter(({name}) => !KEPT.has(name)).map(({name}) => `DELETE FROM ${name}`),
  'COMMIT',
].join('; ');

async function openSharedStore(databases: PostgresDatabases): Promise<SharedStore> {
  const url = await databases.create();
  const [stores, other] = await Promise.all([PostgresStores.open({url}), PostgresStores.open({url})]);
  const superuser = new Client({connectionString: databases.server.superuserUrl(url)});
  await superuser.connect();
  return {
    stores,
    other,
    empty: async () => {
      await superuser.query(EMPTY);
    },
    close: async () => {
      await Promise.all([stores.close(), other.close(), superuser.end()]);
      await databases.drop(url);
    },
  };
}
