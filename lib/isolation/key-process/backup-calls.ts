import {AdminError} from '../../admin/admin-operation.ts';
import {backupSealing} from '../../admin/operations/backup.ts';
import type {BackupSealer} from '../../backup/backup-sealing.ts';
import type {KeyManagement} from '../../key-management.ts';
import type {BackupCalls} from '../protocol/backup-methods.ts';

/** More than operators have at once over the admin socket. */
const MAX_BACKUPS = 64;

/**
 * Seals backups, of whatever the HTTP process says that the database is: each under a key of its own, which stays here. Roots, time
 * and release are said by this process.
 */
export function backupCalls(management: () => KeyManagement): BackupCalls {
  const backups = new Map<number, BackupSealer | undefined>();
  const find = (backup: number): BackupSealer => {
    const sealer = backups.get(backup);
    if (!sealer)
      throw new AdminError(
        'failed',
        'The key process has ended meanwhile, and knows nothing of this backup.',
      );
    return sealer;
  };
  return {
    begin: async (backup) => {
      if (backups.has(backup)) throw new TypeError('There is a backup of that number.');
      if (backups.size >= MAX_BACKUPS) throw new AdminError('refused', 'Too many backups are being made.');
      const sealing = backupSealing(management());
      backups.set(backup, undefined);
      try {
        backups.set(backup, await sealing.begin());
      } catch (error) {
        backups.delete(backup);
        throw error;
      }
    },
    start: async (backup, bytes) => find(backup).start(bytes),
    seal: async (backup, piece) => find(backup).seal(piece),
    end: async (backup) => {
      const sealer = backups.get(backup);
      backups.delete(backup);
      await sealer?.close();
    },
  };
}
