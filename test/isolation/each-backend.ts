import {after} from 'mocha';
import type {DatabaseServer} from '../support/database-server.ts';
import {useFerretdb} from '../support/ferretdb-server.ts';
import {usePostgres} from '../support/postgres-server.ts';

export interface Backend {
  readonly name: string;
  /** The server of its databases; null where there is none. */
  readonly databases: DatabaseServer | null;
  /** Changes that it can take at a time. */
  readonly atOnce: number;
  /** @returns the settings of a new and empty store, which is removed when the tests have run */
  readonly storage: () => Promise<Readonly<Record<string, string>>>;
}

const AT_ONCE = 8;
const SERVERS: readonly (readonly [name: string, use: () => DatabaseServer, atOnce: number])[] = [
  ['PostgreSQL', usePostgres, AT_ONCE],
  // Its updates read, and then write.
  ['FerretDB', useFerretdb, 1],
];

/** The same tests for a server on SQLite, and on databases that are reached by the network. */
export function describeOnEachBackend(title: string, define: (backend: Backend) => void): void {
  describe(`${title}: SQLite`, () => {
    define({name: 'SQLite', databases: null, atOnce: AT_ONCE, storage: async () => ({})});
  });
  for (const [name, use, atOnce] of SERVERS) {
    describe(`${title}: ${name}`, () => {
      const databases = use();
      const urls: string[] = [];
      after(async () => {
        for (const url of urls) await databases.dropDatabase(url);
      });
      define({
        name,
        databases,
        atOnce,
        storage: async () => {
          const url = await databases.createDatabase();
          urls.push(url);
          return {WEBKMS_STORAGE: url};
        },
      });
    });
  }
}
