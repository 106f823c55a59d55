import type {DbOptions, MongoClientOptions} from 'mongodb';
import {NETWORK_STORE_DEFAULTS} from '../network-store-options.ts';
import type {MongodbOptions} from './mongodb-options.ts';

/** Of the database, and so of all its collections: of the client it would be mixed with what the URL says. */
export const DATABASE_OPTIONS = {
  writeConcern: {w: 'majority', journal: true},
  readPreference: 'primary',
} as const satisfies DbOptions;

/** What the promises of the store rest on. It stands whatever the URL says. */
const PROMISES = {
  ...DATABASE_OPTIONS,
  // The server knows a write that it gets a second time, and tells what became of the first.
  retryWrites: true,
  retryReads: true,
  // Bytes come as Buffers, and a number that is not exact as no number.
  promoteBuffers: true,
  promoteValues: true,
  promoteLongs: true,
  useBigInt64: false,
  ignoreUndefined: false,
} as const satisfies MongoClientOptions;

export function clientOptions(options: MongodbOptions): MongoClientOptions {
  const {maxConnections, timeoutMs, onCommand} = {...NETWORK_STORE_DEFAULTS, ...options};
  return {
    ...PROMISES,
    appName: 'webkms',
    maxPoolSize: maxConnections,
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs,
    monitorCommands: onCommand !== undefined,
  };
}
