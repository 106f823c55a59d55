import {before} from 'mocha';
import {databaseUrl, dropMongodbDatabase} from './mongodb-protocol-server.ts';

/** A MongoDB that somebody else runs. */
export interface NamedMongodb {
  createDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
}

/** To be called in a `describe`: its tests have the MongoDB that MONGODB_URL names, or are skipped where it names none. */
export function useNamedMongodb(): NamedMongodb {
  const url = process.env['MONGODB_URL'];
  before('MONGODB_URL', function () {
    if (url !== undefined && url !== '') return;
    console.log('    skipped: MONGODB_URL names no MongoDB');
    this.skip();
  });
  return {createDatabase: async () => Promise.resolve(databaseUrl(url!)), dropDatabase: dropMongodbDatabase};
}
