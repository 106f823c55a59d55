import type {BackupSealer, BackupSealing} from '../../backup/backup-sealing.ts';
import type {BackupCalls} from '../protocol/backup-methods.ts';

/** Has the key process seal backups: one piece at a time is there, and the next is read when its chunk is written. */
export class RemoteBackupSealing implements BackupSealing {
  readonly #calls: BackupCalls;
  #nextId = 1;

  constructor(calls: BackupCalls) {
    this.#calls = calls;
  }

  async begin(): Promise<BackupSealer> {
    const calls = this.#calls;
    const id = this.#nextId++;
    await calls.begin(id);
    return {
      start: (bytes) => calls.start(id, bytes),
      seal: (piece) => calls.seal(id, piece),
      // Where the key process is gone, so is the backup's key.
      close: () => calls.end(id).catch(() => undefined),
    };
  }
}
