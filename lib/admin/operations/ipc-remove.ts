import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {changeIpcClients} from '../ipc-register.ts';
import {readParameters, requiredText} from '../parameters.ts';

/** `webkms admin ipc remove`: of a running server the client's connections end, too. */
export const ipcRemove: AdminOperation<{readonly name: string}, object> = {
  name: 'ipc.remove',
  whileSealed: false,
  parse: (parameters) => ({name: requiredText(readParameters(parameters, ['name']), 'name', 64)}),

  async run(management, {name}) {
    await changeIpcClients(management, (clients) => {
      const others = clients.filter((client) => client.name !== name);
      if (others.length === clients.length)
        throw new AdminError('not-found', `There is no IPC client of that name.`);
      return others;
    });
    management.log.info({client: name}, 'IPC client removed');
    return {};
  },
};
