import {randomBytes} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {AdminError} from '../../lib/admin/admin-operation.ts';
import {acquireDataDirectoryLock} from '../../lib/admin/data-directory-lock.ts';
import {executeOperation} from '../../lib/admin/execute-operation.ts';
import type {IpcClient} from '../../lib/admin/ipc-client.ts';
import {ADMIN_OPERATIONS} from '../../lib/admin/operation-table.ts';
import {formatIpcCredential} from '../../lib/client/local/ipc-credential.ts';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {encodeBase64url} from '../../lib/encoding/base64url.ts';
import {ipcIdentity, type IpcIdentity} from '../../lib/ipc/ipc-identity.ts';
import {openKeyManagement} from '../../lib/key-management.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {askAdmin} from '../support/ask-admin.ts';
import type {TestServer} from '../support/run-server.ts';

/** An application that the server knows, and its credential. */
export interface IpcApplication extends AsyncDisposable {
  readonly name: string;
  readonly socket: string;
  readonly credential: string;
  readonly identity: IpcIdentity;
  readonly keystoreId: string;
}

/** Asks the running server for something, as operators do. */
export function ask(server: TestServer, name: string, parameters: object = {}): Promise<unknown> {
  return askAdmin(server.dataDir, name, parameters);
}

/** Has the store itself do something, while no server runs on it, as operators' commands do. */
async function askStore(
  environment: Readonly<Record<string, string>>,
  name: string,
  parameters: object,
): Promise<void> {
  await using closing = new AsyncDisposableStack();
  const settings = loadSettings({environment});
  const lock = await acquireDataDirectoryLock(settings.dataDir);
  closing.defer(() => lock.release());
  const log = createLogger({level: 'silent'});
  const management = await openKeyManagement(settings, {log, closing});
  const call = {report: () => undefined, write: async () => undefined, signal: new AbortController().signal};
  const operation = ADMIN_OPERATIONS.get(name);
  if (!operation) throw new Error(`There is no ${name}.`);
  await executeOperation(operation, {management, parameters, call, log});
}

/** Where keys are isolated, while the server is stopped: nobody is added by one that runs. */
export async function addClient(server: TestServer, client: IpcClient): Promise<void> {
  try {
    await ask(server, 'ipc.add', client);
  } catch (error) {
    if (!(error instanceof AdminError && error.message.includes('while the server is stopped'))) throw error;
    await server.whileStopped((environment) => askStore(environment, 'ipc.add', client));
  }
}

/** Adds an application, as `webkms admin ipc add` does. */
export async function addApplication(
  server: TestServer,
  {name = 'app', ...grant}: Partial<IpcClient> & Pick<IpcClient, 'keystoreId'>,
): Promise<IpcApplication> {
  const directory = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
  const secret = randomBytes(32);
  const identity = ipcIdentity(secret);
  const {did} = identity;
  const client = {name, did, serverKey: encodeBase64url(identity.serverKey), ...grant};
  await addClient(server, client);
  const socket = join(server.dataDir, 'ipc', 'webkms.sock');
  const credential = join(directory, 'credential.json');
  const {keystoreId} = grant;
  await writeFile(credential, formatIpcCredential({name, socket, keystoreId, secret}), {mode: 0o600});
  return {
    ...{name, socket, credential, identity, keystoreId},
    [Symbol.asyncDispose]: () => rm(directory, {recursive: true, force: true}),
  };
}
