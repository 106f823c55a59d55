import {setTimeout as delay} from 'node:timers/promises';
import {isAdminSocketListening} from '../../admin/admin-client.ts';
import {KmsConnectionError} from '../../client/client-errors.ts';
import {LocalKms, type LocalKmsOptions} from '../../client/local/local-kms.ts';
import {errorCode} from '../../error-code.ts';
import type {ClientConnection} from './client-connection.ts';
import {ClientError} from './client-error.ts';
import type {ClientIo} from './client-io.ts';
import type {LocalProfile} from './profile/profile.ts';

/** How long another command may take that uses the same directory. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 50;

/** Opens the store of a local profile, which is this process's until the connection is closed. @throws ClientError, KmsConnectionError */
export async function connectLocal(profile: LocalProfile, io: ClientIo): Promise<ClientConnection> {
  const {did: controller, keystore: keystoreId} = profile;
  const kms = await open({...placeOf(profile), controller, keystoreId}, io);
  return {
    profile,
    kms,
    authority: () => {
      throw new ClientError(
        'refused',
        'A local profile has nobody to delegate to: capabilities, revocations and transfers need a server. ' +
          'To make a profile of one: webkms init --server URL',
      );
    },
    close: () => kms.destroy(),
  };
}

export interface NewLocalKeystore extends Pick<LocalProfile, 'dataDir' | 'configFile' | 'did'> {
  /** The key module of the new keystore. */
  readonly kmsModule?: string;
}

/** Finds the keystore of the DID in the directory, or makes it. @returns its URL. @throws as `connectLocal` */
export async function createLocalKeystore(
  {did: controller, kmsModule, ...place}: NewLocalKeystore,
  io: ClientIo,
): Promise<string> {
  const kms = await open({...placeOf(place), controller, ...(kmsModule !== undefined && {kmsModule})}, io);
  await kms.destroy();
  return kms.serviceIdentifier;
}

function placeOf({
  dataDir,
  configFile,
}: Pick<LocalProfile, 'dataDir' | 'configFile'>): Pick<LocalKmsOptions, 'dataDir' | 'configFile'> {
  return {dataDir, ...(configFile !== undefined && {configFile})};
}

/** Waits for another command that has the directory, as in a pipeline; not for a server, which would not end. */
async function open(options: LocalKmsOptions, io: ClientIo): Promise<LocalKms> {
  const prompt = io.interactive ? (question: string) => io.askSecret(question) : undefined;
  const givesUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await LocalKms.open({...options, ...(prompt && {prompt})});
    } catch (error) {
      const isWaiting = isInUse(error) && performance.now() < givesUpAt;
      if (!isWaiting || (await isServed(options.dataDir))) throw describeOpening(error);
    }
    await delay(RETRY_MS, undefined, {signal: io.interrupted}).catch(() => io.interrupted.throwIfAborted());
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof KmsConnectionError && errorCode(error.cause) === 'ERR_DATA_DIRECTORY_IN_USE';
}

function isServed(dataDir: string): Promise<boolean> {
  return isAdminSocketListening(dataDir).catch(() => false);
}

const MEANT_FOR_PEOPLE: ReadonlySet<string> = new Set([
  'RootOfTrustError',
  'StoreOpenError',
  'InvalidSchemaError',
  'AdminError',
  'SettingsError',
]);

/** What is wrong with a store is told by errors of its own. */
function describeOpening(error: unknown): unknown {
  if (!(error instanceof Error) || !MEANT_FOR_PEOPLE.has(error.name)) return error;
  return new ClientError('failed', error.message, {cause: error});
}
