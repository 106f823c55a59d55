import {callAdminSocket} from '../../lib/admin/admin-client.ts';

/** What a running server answers to an operation of its admin socket: as `webkms admin`, without a process of its own each time. */
export function askAdmin(dataDir: string, name: string, parameters: object = {}): Promise<unknown> {
  return callAdminSocket({
    ...{dataDir, name, parameters, signal: new AbortController().signal},
    report: () => undefined,
    write: async () => undefined,
  });
}
