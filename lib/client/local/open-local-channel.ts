import {mkdir} from 'node:fs/promises';
import {assertOwnersDirectory} from '../../admin/admin-socket-path.ts';
import {acquireDataDirectoryLock, DataDirectoryInUseError} from '../../admin/data-directory-lock.ts';
import {startBackgroundWork} from '../../background-work.ts';
import {loadSettings} from '../../config/load-settings.ts';
import {generateLocalId} from '../../encoding/local-id.ts';
import {NotAllowedError} from '../../errors.ts';
import {type KeyManagement, openKeyManagement} from '../../key-management.ts';
import {createLogger} from '../../observability/logger.ts';
import {assertKeyModuleOffered, defaultKeyModule} from '../../operations/find-key-module.ts';
import {SealedError} from '../../sealing/sealing-errors.ts';
import {controllersOf} from '../../storage/controllers-of.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import {KmsConnectionError} from '../client-errors.ts';
import {LocalChannel} from './local-channel.ts';
import type {LocalKmsOptions} from './local-kms.ts';

/** Opens the store of a data directory, which is this process's until the channel is closed. @throws as `LocalKms.open` */
export async function openLocalChannel(options: LocalKmsOptions): Promise<LocalChannel> {
  const closing = new AsyncDisposableStack();
  try {
    const management = await openManagement(options, closing);
    closing.defer(startBackgroundWork(management));
    // What became due while nobody looked.
    await management.keyLifecycle.runOnce();
    const {id: keystoreId} = await findOrCreateKeystore(management, options);
    return new LocalChannel({keystoreId, management, close: () => closing.disposeAsync()});
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

async function openManagement(
  {dataDir, configFile, environment = {}, log: given, prompt = refuseToAsk, clock}: LocalKmsOptions,
  closing: AsyncDisposableStack,
): Promise<KeyManagement> {
  const settings = loadSettings({
    configFile,
    environment: {WEBKMS_LOG_LEVEL: 'error', ...environment, WEBKMS_DATA_DIR: dataDir},
  });
  await mkdir(settings.dataDir, {recursive: true, mode: 0o700});
  await assertOwnersDirectory(settings.dataDir);
  const lock = await acquireLock(settings.dataDir);
  closing.defer(() => lock.release());
  const log = given ?? createLogger(settings.log);
  const management = await openKeyManagement(settings, {log, closing, prompt, ...(clock && {clock})});
  if (management.root.isSealed()) throw new SealedError();
  return management;
}

async function acquireLock(dataDir: string) {
  try {
    return await acquireDataDirectoryLock(dataDir);
  } catch (cause) {
    if (!(cause instanceof DataDirectoryInUseError)) throw cause;
    throw new KmsConnectionError(
      `${cause.message} If a server runs there, its keys are to be used through it: webkms init --server URL`,
      {cause},
    );
  }
}

async function refuseToAsk(question: string): Promise<Uint8Array> {
  throw new KmsConnectionError(`The store does not open without an answer to: ${question}`);
}

/** The keystore that was asked for, or else the first that the controller made in this store; where there is none, a new one. */
async function findOrCreateKeystore(
  {requestStores: {keystores}, settings, keyModules}: KeyManagement,
  {controller, keystoreId, kmsModule: asked}: LocalKmsOptions,
): Promise<KeystoreConfig> {
  if (keystoreId !== undefined) {
    const keystore = await keystores.find(keystoreId);
    if (keystore && controllersOf(keystore).includes(controller)) return keystore;
    // Indistinguishable, as for everybody.
    throw new NotAllowedError('keystore', 'There is no such keystore, or it belongs to others.');
  }
  const kmsModule = asked ?? defaultKeyModule(keyModules);
  assertKeyModuleOffered(kmsModule, keyModules);
  const isAskedFor = (keystore: KeystoreConfig): boolean =>
    asked === undefined || keyModules.get(keystore.kmsModule) === keyModules.get(asked);
  const prefix = `${settings.baseUrl}/kms/keystores/`;
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await keystores.list({controller, limit: 100, cursor});
    const own = page.results.find((keystore) => keystore.id.startsWith(prefix) && isAskedFor(keystore));
    if (own) return own;
    ({cursor} = page);
  }
  const made = {id: prefix + generateLocalId(), sequence: 0, controller, kmsModule};
  await keystores.insert(made, {creator: controller, maxPerCreator: settings.quotas.keystoresPerCreator});
  return made;
}
