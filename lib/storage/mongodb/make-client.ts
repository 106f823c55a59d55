import {MongoClient} from 'mongodb';
import {StoreOpenError} from '../store-open-error.ts';
import {clientOptions} from './client-options.ts';
import type {MongodbOptions} from './mongodb-options.ts';

/** @throws StoreOpenError: of what the driver says of a URL only the name of an option is shown */
export function makeClient(url: string, options: MongodbOptions): MongoClient {
  try {
    return new MongoClient(url, clientOptions(options));
  } catch (error) {
    const [, name] =
      /^options? (\w+)[^@:]* not supported$/u.exec(error instanceof Error ? error.message : '') ?? [];
    throw new StoreOpenError(
      'ERR_STORE_UNREACHABLE',
      `WEBKMS_STORAGE has ${name === undefined ? 'a part' : `the option ${name}`} that the MongoDB driver does not take.`,
    );
  }
}
