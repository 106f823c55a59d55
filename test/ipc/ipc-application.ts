import {randomBytes} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {callAdminSocket} from '../../lib/admin/admin-client.ts';
import type {IpcClient} from '../../lib/admin/ipc-client.ts';
import {formatIpcCredential} from '../../lib/client/local/ipc-credential.ts';
import {encodeBase64url} from '../../lib/encoding/base64url.ts';
import {ipcIdentity, type IpcIdentity} from '../../lib/ipc/ipc-identity.ts';
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
  return callAdminSocket({
    ...{dataDir: server.dataDir, name, parameters},
    signal: new AbortController().signal,
    report: () => undefined,
    write: async () => undefined,
  });
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
  await ask(server, 'ipc.add', {name, did, serverKey: encodeBase64url(identity.serverKey), ...grant});
  const socket = join(server.dataDir, 'ipc', 'webkms.sock');
  const credential = join(directory, 'credential.json');
  const {keystoreId} = grant;
  await writeFile(credential, formatIpcCredential({name, socket, keystoreId, secret}), {mode: 0o600});
  return {
    ...{name, socket, credential, identity, keystoreId},
    [Symbol.asyncDispose]: () => rm(directory, {recursive: true, force: true}),
  };
}
