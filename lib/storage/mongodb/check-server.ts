import {type Db, type Document, MongoServerError} from 'mongodb';
import type {StoreLog} from '../network-store-options.ts';
import {StoreOpenError} from '../store-open-error.ts';

/** MongoDB 6.0. */
const LEAST_WIRE_VERSION = 17;
const COMMAND_NOT_FOUND = 59;

const unsupported = (what: string): StoreOpenError =>
  new StoreOpenError('ERR_STORE_UNSUPPORTED', `The MongoDB server that WEBKMS_STORAGE names ${what}`);

async function hello(db: Db): Promise<Document> {
  try {
    return await db.admin().command({hello: 1});
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === COMMAND_NOT_FOUND)) throw error;
    // The same by its old name, which some servers of the protocol know alone.
    return db.admin().command({isMaster: 1});
  }
}

/**
 * Whether the promises of the store hold on this server: what the majority of a replica set has confirmed stays, and a
 * linearizable read sees it. Other servers of the protocol know neither; they promise themselves what they promise.
 * @throws StoreOpenError
 */
export async function checkServer(db: Db, log: StoreLog | undefined): Promise<void> {
  const {maxWireVersion, setName, msg, topologyVersion} = await hello(db);
  if (!(Number(maxWireVersion) >= LEAST_WIRE_VERSION)) {
    throw unsupported('is too old: it has to be MongoDB 6.0 or newer.');
  }
  if (typeof setName === 'string' || msg === 'isdbgrid') return;
  if (topologyVersion !== undefined) {
    throw unsupported(
      'stands alone. What it confirms can be lost with it: make it a replica set, which may have one member (rs.initiate()).',
    );
  }
  log?.warn(
    {},
    'the server of the store knows no replica sets: it alone decides what is kept, and what is read',
  );
}
