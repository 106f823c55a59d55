import {addApplication} from '../ipc/ipc-application.ts';
import {IpcKms} from '../../lib/client/local/ipc-kms.ts';
import {populate} from '../demonstrations/population.ts';
import {runServer} from '../support/run-server.ts';
import {describeKms} from './kms.suite.ts';

for (const isolation of ['none', 'process']) {
  describeKms({
    name: `IpcKms, of a server with WEBKMS_ISOLATION=${isolation}`,
    open: async () => {
      const server = await runServer({environment: {WEBKMS_IPC: 'on', WEBKMS_ISOLATION: isolation}});
      const [keystore] = await populate(server, {keystores: 1, keysPerKeystore: 0});
      const application = await addApplication(server, {keystoreId: keystore!.id});
      const kms = await IpcKms.connect({credential: application.credential});
      const close = async (): Promise<void> => {
        await application[Symbol.asyncDispose]();
        await server.stop();
      };
      return {kms, close};
    },
  });
}
