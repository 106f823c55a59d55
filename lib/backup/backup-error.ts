import {errorCode} from '../error-code.ts';
import {ReasonedError} from '../reasoned-error.ts';

/** Why a backup could not be made, read or restored. */
export type BackupReason =
  | 'exists'
  | 'missing'
  | 'unreadable'
  | 'unwritable'
  | 'not-a-backup'
  | 'newer'
  | 'damaged'
  | 'no-root'
  | 'roots-changed'
  | 'cancelled';

/** A backup could not be made, read or restored, and nothing is left of the attempt. The message is for the operator. */
export class BackupError extends ReasonedError<BackupReason> {
  override readonly name = 'BackupError';
  readonly code = 'ERR_BACKUP';
}

/** @throws BackupError, `cancelled` */
export function assertNotCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new BackupError('cancelled', 'It was cancelled. Nothing is left of it.');
}

/** Gives what the file system refuses in `work` as a BackupError: `what` cannot be `done`. */
export async function namingFile<T>(
  {path, reason, what}: {readonly path: string; readonly reason: BackupReason; readonly what: string},
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    if (error instanceof BackupError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error;
    throw new BackupError(reason, `${what} ${path}: ${code}.`, {cause: error});
  }
}
