import {join} from 'node:path';
import {integer, optional, parsePath, type Parser} from './parsers.ts';
import {setting} from './setting.ts';
import type {SettingProblem} from './settings-error.ts';

export interface IpcSettings {
  /** Absolute. */
  readonly path: string;
  /** Id of a group whose members may connect. */
  readonly group?: number;
}

type Where = 'off' | 'on' | {readonly path: string};

const MAX_ID = 4_294_967_294;

const parseWhere: Parser<Where> = (text) =>
  text === 'off' || text === 'on' ? text : {path: parsePath(text)};

/** Keys for applications on the same host. */
export const IPC_SETTINGS = {
  WEBKMS_IPC: setting({
    default: 'off',
    parse: parseWhere,
    meaning:
      'a Unix socket for applications on this host: `off`, `on` (`<data dir>/ipc/webkms.sock`), or its path, in a directory of its own; see docs/guides/local-applications.md',
  }),
  WEBKMS_IPC_GROUP: setting({
    default: '',
    parse: optional(integer(0, MAX_ID)),
    meaning: 'id of a group whose members may connect to it, too; it needs a path outside the data directory',
  }),
};

interface ParsedIpc {
  readonly WEBKMS_DATA_DIR: string;
  readonly WEBKMS_IPC: Where;
  readonly WEBKMS_IPC_GROUP: number | undefined;
}

export function deriveIpc({
  WEBKMS_DATA_DIR: dataDir,
  WEBKMS_IPC: where,
  WEBKMS_IPC_GROUP: group,
}: ParsedIpc): IpcSettings | undefined {
  if (where === 'off') return undefined;
  const path = where === 'on' ? join(dataDir, 'ipc', 'webkms.sock') : where.path;
  return {path, ...(group !== undefined && {group})};
}

/** Others may not look into the data directory, whatever is in it. */
export function ipcProblems({
  WEBKMS_DATA_DIR: dataDir,
  WEBKMS_IPC: where,
  WEBKMS_IPC_GROUP: group,
}: ParsedIpc): SettingProblem[] {
  if (group === undefined) return [];
  const isOutside = typeof where === 'object' && !where.path.startsWith(`${dataDir}/`);
  if (isOutside) return [];
  return [
    {variable: 'WEBKMS_IPC_GROUP', problem: 'is given, and WEBKMS_IPC is no path outside WEBKMS_DATA_DIR'},
  ];
}
