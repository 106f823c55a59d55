import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {ipcClientProblem, MAX_IPC_CLIENTS, type IpcClient} from '../ipc-client.ts';
import {changeIpcClients} from '../ipc-register.ts';
import {readParameters} from '../parameters.ts';

const MEMBERS = ['name', 'did', 'serverKey', 'keystoreId', 'keys', 'actions', 'buildKey'];

/** `webkms admin ipc add`: what verifies the secret of a client, which never comes here. */
export const ipcAdd: AdminOperation<IpcClient, object> = {
  name: 'ipc.add',
  whileSealed: false,

  parse(parameters) {
    const given = readParameters(parameters, MEMBERS);
    const problem = ipcClientProblem(given);
    if (problem !== undefined) throw new AdminError('invalid', `${problem} is not as it must be.`);
    return given as unknown as IpcClient;
  },

  async run(management, client) {
    const {name, keystoreId, keys = []} = client;
    for (const localKeyId of [undefined, ...keys]) {
      const {keystore, findKey} = await management.requestStores.state.read({keystoreId, localKeyId});
      if (!keystore) throw new AdminError('not-found', `There is no keystore ${keystoreId}.`);
      if (localKeyId !== undefined && !(await findKey?.()))
        throw new AdminError('not-found', `The keystore has no key ${localKeyId}.`);
    }
    await changeIpcClients(management, (clients) => {
      if (clients.some((other) => other.name === name))
        throw new AdminError('refused', `There is a client ${name} already. Remove it first.`);
      if (clients.length >= MAX_IPC_CLIENTS)
        throw new AdminError('refused', `There are ${MAX_IPC_CLIENTS} clients, which are as many as can be.`);
      return [...clients, client];
    });
    management.log.info({client: name, did: client.did, keystore: keystoreId}, 'IPC client added');
    return {};
  },
};
