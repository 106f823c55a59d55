import {isAbsolute} from 'node:path';
import {writeBackup, type BackupSummary} from '../../backup/write-backup.ts';
import {packageVersion} from '../../package-version.ts';
import type {Stores} from '../../storage/stores.ts';
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

  async run({settings: {storage}, stores, root, hierarchy}, {path}, {report, signal}) {
    if (!isInFile(stores) && storage.kind === 'sqlite') {
      throw new AdminError(
        'refused',
        'With WEBKMS_ISOLATION=process backups are made while the server is stopped: its key process reaches no file.',
      );
    }
    if (!isInFile(stores) || storage.kind !== 'sqlite') {
      throw new AdminError(
        'refused',
        `A database server is backed up by its own means: ${storage.kind === 'postgres' ? 'pg_dump' : 'mongodump'}, snapshots.`,
      );
    }
    return writeBackup({
      ...{stores, hierarchy, path, report, signal},
      roots: root,
      storagePath: storage.path,
      application: packageVersion(),
    });
  },
};

const isInFile = (stores: Stores): stores is Stores & Required<Pick<Stores, 'copyTo'>> =>
  stores.copyTo !== undefined;
