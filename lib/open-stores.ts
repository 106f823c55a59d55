import {readFile, stat} from 'node:fs/promises';
import {STORAGE_PASSWORD_VARIABLE, takeVariable} from './config/environment-secrets.ts';
import type {StorageLocation} from './config/location-parsers.ts';
import type {Settings} from './config/settings.ts';
import {errorCode} from './error-code.ts';
import {StoreOpenError} from './storage/store-open-error.ts';
import type {NetworkStoreOptions, StoreLog} from './storage/network-store-options.ts';
import type {Stores} from './storage/stores.ts';

export interface OpenStoresOptions {
  readonly log?: StoreLog | undefined;
  /** Reads a secret of the environment. Default: takes it, so that child processes do not inherit it. */
  readonly takeSecret?: (name: string) => Uint8Array | undefined;
}

/**
 * Opens the stores that the settings name, and brings their schema to this release's version. Only the backend that is used is
 * loaded. @throws StoreOpenError
 */
export async function openStores(
  {storage, storageAccess}: Pick<Settings, 'storage' | 'storageAccess'>,
  {log, takeSecret = takeVariable}: OpenStoresOptions = {},
): Promise<Stores> {
  if (storage.kind === 'sqlite') {
    const {SqliteStores} = await import('./storage/sqlite/sqlite-stores.ts');
    return SqliteStores.open({path: storage.path});
  }
  const {maxConnections, timeoutMs, passwordFile} = storageAccess;
  const options: NetworkStoreOptions = {
    url: storage.url.reveal(),
    password: await findPassword(storage, passwordFile, {takeSecret, log}),
    maxConnections,
    timeoutMs,
    log,
  };
  if (storage.kind === 'postgres') {
    const {PostgresStores} = await import('./storage/postgres/postgres-stores.ts');
    return PostgresStores.open(options);
  }
  const {MongodbStores} = await import('./storage/mongodb/mongodb-stores.ts');
  return MongodbStores.open(options);
}

/** A string, since the drivers take nothing else: it cannot be erased. */
async function findPassword(
  {holdsPassword}: Extract<StorageLocation, {readonly url: unknown}>,
  file: string | undefined,
  {takeSecret, log}: Required<Pick<OpenStoresOptions, 'takeSecret'>> & Pick<OpenStoresOptions, 'log'>,
): Promise<string | undefined> {
  const secret = takeSecret(STORAGE_PASSWORD_VARIABLE);
  const variable = secret && Buffer.from(secret).toString('utf8');
  if (variable !== undefined && (holdsPassword || file !== undefined)) {
    throw new StoreOpenError(
      'ERR_STORE_CREDENTIALS',
      `${STORAGE_PASSWORD_VARIABLE} is given, and another password in WEBKMS_STORAGE or WEBKMS_STORAGE_PASSWORD_FILE, too.`,
    );
  }
  return file === undefined ? variable : readPassword(file, log);
}

const OTHERS_READ = 0o004;

async function readPassword(path: string, log: StoreLog | undefined): Promise<string> {
  let text: string;
  try {
    // A volume of secrets may be mounted so: it is for who runs the server to say who else is there.
    if (((await stat(path)).mode & OTHERS_READ) !== 0) {
      log?.warn({}, 'every user can read WEBKMS_STORAGE_PASSWORD_FILE');
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = errorCode(error) ?? 'error';
    throw new StoreOpenError(
      'ERR_STORE_CREDENTIALS',
      `WEBKMS_STORAGE_PASSWORD_FILE cannot be read (${code}).`,
      {
        cause: error,
      },
    );
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '' || password.includes('\n')) {
    throw new StoreOpenError('ERR_STORE_CREDENTIALS', 'WEBKMS_STORAGE_PASSWORD_FILE must hold one line.');
  }
  return password;
}
