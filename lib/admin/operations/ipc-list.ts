import type {AdminOperation} from '../admin-operation.ts';
import type {IpcClient} from '../ipc-client.ts';
import {readIpcClients} from '../ipc-register.ts';
import {noParameters} from '../parameters.ts';

/** All that is known of IPC clients. */
export const ipcList: AdminOperation<undefined, {readonly clients: readonly IpcClient[]}> = {
  name: 'ipc.list',
  whileSealed: false,
  parse: noParameters,
  run: async (management) => ({clients: await readIpcClients(management)}),
};
