import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {isCapabilityId, MAX_REVOKED_BUILDS} from '../ipc-client.ts';
import {changeIpcClients} from '../ipc-register.ts';
import {readParameters, requiredText} from '../parameters.ts';

export interface IpcRevokeParameters {
  readonly name: string;
  /** Id of the capability that the build presents. */
  readonly build: string;
}

/** `webkms admin ipc revoke`: a build of a client is refused from now on, also where it is connected. */
export const ipcRevoke: AdminOperation<IpcRevokeParameters, object> = {
  name: 'ipc.revoke',
  whileSealed: false,

  parse(parameters) {
    const given = readParameters(parameters, ['name', 'build']);
    const [name, build] = [requiredText(given, 'name', 64), requiredText(given, 'build', 1024)];
    if (!isCapabilityId(build)) throw new AdminError('invalid', 'build must be the id of a capability.');
    return {name, build};
  },

  async run(management, {name, build}) {
    await changeIpcClients(management, (clients) => {
      const client = clients.find((one) => one.name === name);
      if (!client) throw new AdminError('not-found', 'There is no IPC client of that name.');
      if (client.buildKey === undefined)
        throw new AdminError('refused', `${name} presents no builds: it was added without --build-key.`);
      const {revokedBuilds = []} = client;
      if (revokedBuilds.includes(build)) return clients;
      if (revokedBuilds.length >= MAX_REVOKED_BUILDS)
        throw new AdminError(
          'refused',
          'Too many of its builds are revoked. Add it anew, with another build key.',
        );
      return clients.map((one) =>
        one === client ? {...one, revokedBuilds: [...revokedBuilds, build]} : one,
      );
    });
    management.log.info({client: name, build}, 'build of an IPC client revoked');
    return {};
  },
};
