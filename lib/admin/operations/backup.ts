import {isAbsolute} from 'node:path';
import {writeBackup, type BackupSummary} from '../../backup/write-backup.ts';
import {packageVersion} from '../../package-version.ts';
import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {readParameters, requiredText} from '../parameters.ts';

export interface BackupParameters {
  /** Absolute: the server's working directory is not the operator's. */
  readonly path: string;
}

/** `webkms admin backup FILE`: the process that has the store writes the file, as its own user. */
export const backup: AdminOperation<BackupParameters, BackupSummary> = {
  name: 'backup',
  whileSealed: false,

  parse(parameters) {
    const path = requiredText(readParameters(parameters, ['path']), 'path');
    if (isAbsolute(path) && !path.includes('\0')) return {path};
    throw new AdminError('invalid', 'The path of the backup is not absolute.');
  },

  run({settings, stores, root, hierarchy}, {path}, {report, signal}) {
    return writeBackup({
      ...{stores, hierarchy, path, report, signal},
      roots: root,
      storagePath: settings.storage.path,
      application: packageVersion(),
    });
  },
};
