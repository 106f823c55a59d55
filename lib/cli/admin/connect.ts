import {callAdminSocket, NoAdminSocketError} from '../../admin/admin-client.ts';
import {AdminError} from '../../admin/admin-operation.ts';
import type {Settings} from '../../config/settings.ts';
import type {AdminConnection, CallOutput, ConnectOptions} from './admin-connection.ts';
import type {AdminIo} from './admin-io.ts';
import {lockOrServer} from './lock-or-server.ts';
import {openStore} from './open-store.ts';

/** @throws AdminError where neither can be had; RootOfTrustError, StoreOpenError, InvalidSchemaError */
export async function connect(
  settings: Settings,
  {io, output, create = false}: ConnectOptions & {readonly io: AdminIo; readonly output: CallOutput},
): Promise<AdminConnection> {
  const lock = await lockOrServer(settings, {io, create});
  return lock ? openStore(settings, {lock, io, output}) : serverConnection(settings.dataDir, {io, output});
}

function serverConnection(
  dataDir: string,
  {io, output}: {readonly io: AdminIo; readonly output: CallOutput},
): AdminConnection {
  return {
    online: true,
    call: async (name, parameters = {}) => {
      try {
        return await callAdminSocket({...output, dataDir, name, parameters, signal: io.interrupted});
      } catch (error) {
        if (!(error instanceof NoAdminSocketError)) throw error;
        throw new AdminError('failed', 'The server has stopped meanwhile. Try again.', {cause: error});
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
