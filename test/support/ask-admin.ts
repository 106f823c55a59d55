import {callAdminSocket} from '../../lib/admin/admin-client.ts';

const PATIENCE_MS = 30_000;

/** What a running server answers to an operation of its admin socket: as `webkms admin`, without a process of its own each time. */
export function askAdmin(dataDir: string, name: string, parameters: object = {}): Promise<unknown> {
  return callAdminSocket({
    ...{dataDir, name, parameters, signal: AbortSignal.timeout(PATIENCE_MS)},
    report: () => undefined,
    write: async () => undefined,
  });
}
