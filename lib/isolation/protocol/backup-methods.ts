import {CHUNK_BYTES} from '../../backup/backup-format.ts';
import type {MethodsOf} from '../../rpc/methods-of.ts';
import {bytesUpTo, count, done, tuple} from '../../rpc/shape.ts';

/** More than the roots of a backup can say: backup-format.ts. */
const MAX_START_BYTES = 2 * 1024 * 1024;
/** What a piece gains when it is sealed is less. */
const MAX_CHUNK_BYTES = CHUNK_BYTES + 1024;

/**
 * What the HTTP process, which has the database and writes the file, has the key process do for backups. It names each by a number
 * that it never used before, also of a key process that has ended. Nothing is opened by this.
 */
export interface BackupCalls {
  /** @throws SealedError; AdminError where too many backups are being made */
  begin(backup: number): Promise<void>;
  /** @param bytes how long the copy of the database is. @returns what the file begins with. @throws BackupError */
  start(backup: number, bytes: number): Promise<Uint8Array>;
  /** The pieces in order, each once. @returns the chunk */
  seal(backup: number, piece: Uint8Array): Promise<Uint8Array>;
  /** Forgets the backup's key. */
  end(backup: number): Promise<void>;
}

export const BACKUP_METHODS: MethodsOf<BackupCalls> = {
  begin: {parameters: tuple(count), result: done},
  start: {parameters: tuple(count, count), result: bytesUpTo(MAX_START_BYTES)},
  seal: {parameters: tuple(count, bytesUpTo(CHUNK_BYTES)), result: bytesUpTo(MAX_CHUNK_BYTES)},
  end: {parameters: tuple(count), result: done},
};
