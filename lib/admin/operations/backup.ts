import {isAbsolute} from 'node:path';
import type {BackupSealing} from '../../backup/backup-sealing.ts';
import {RootBackupSealing} from '../../backup/root-backup-sealing.ts';
import {writeBackup, type BackupSummary} from '../../backup/write-backup.ts';
import type {Settings} from '../../config/settings.ts';
import type {KeyManagement} from '../../key-management.ts';
import {packageVersion} from '../../package-version.ts';
import type {Stores} from '../../storage/stores.ts';
import {AdminError, type AdminCall, type AdminOperation} from '../admin-operation.ts';
import {readParameters, requiredText} from '../parameters.ts';

export interface BackupParameters {
  /** Absolute: the server's working directory is not the operator's. */
  readonly path: string;
}

/** What a backup is made of, wherever the keys are that seal it. */
export interface BackupPlace {
  readonly settings: Pick<Settings, 'storage'>;
  readonly stores: Pick<Stores, 'copyTo' | 'verify'>;
  readonly sealing: BackupSealing;
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

  run: (management, parameters, call) => {
    const {settings, stores} = management;
    return runBackup({settings, stores, sealing: backupSealing(management)}, parameters, call);
  },
};

/** Of the process that has the keys. */
export function backupSealing({stores, root, hierarchy}: KeyManagement): BackupSealing {
  return new RootBackupSealing({
    ...{store: stores.keyHierarchy, roots: root, hierarchy, application: packageVersion()},
  });
}

/** As the operation does it, by whoever has the store; keys may be elsewhere. @throws AdminError, and as `writeBackup` */
export async function runBackup(
  {settings: {storage}, stores, sealing}: BackupPlace,
  {path}: BackupParameters,
  {report, signal}: Pick<AdminCall, 'report' | 'signal'>,
): Promise<BackupSummary> {
  if (!isInFile(stores) || storage.kind !== 'sqlite') {
    throw new AdminError(
      'refused',
      `A database server is backed up by its own means: ${storage.kind === 'postgres' ? 'pg_dump' : 'mongodump'}, snapshots.`,
    );
  }
  return writeBackup({stores, sealing, path, report, signal, storagePath: storage.path});
}

const isInFile = (
  stores: BackupPlace['stores'],
): stores is BackupPlace['stores'] & Required<Pick<Stores, 'copyTo'>> => stores.copyTo !== undefined;
