import {constants} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';
import {resolve} from 'node:path';
import {BackupError, namingFile} from './backup-error.ts';
import {readPreamble} from './backup-format.ts';
import type {BackupHeader} from './backup-header.ts';
import {rootKind} from '../sealing/root-status.ts';

/** What a backup says of itself, for an operator; as JSON carries it. */
export interface BackupDescription {
  readonly id: string;
  /** `2026-11-22T10:00:00.000Z`: what was written after is not in it. */
  readonly createdAt: string;
  /** The release that made it. */
  readonly application: string;
  /** Any one of them opens it. */
  readonly roots: readonly DescribedRoot[];
}

export interface DescribedRoot {
  readonly id: string;
  /** `file`, `shamir` …: the URI's scheme. */
  readonly kind: string;
  /** Where it was when the backup was made. */
  readonly uri: string;
  /** The fingerprint of its key. */
  readonly wrapperKeyId: string;
}

/**
 * Says when a backup was made and which roots open it. Nothing of it is verified: that takes a root, and `restoreBackup`.
 * @throws BackupError
 */
export async function describeBackup(path: string): Promise<BackupDescription> {
  return withBackupFile(path, async (file) => summarize((await readPreamble(file)).header));
}

export function summarize({id, createdAt, application, roots}: BackupHeader): BackupDescription {
  return {
    ...{id, application},
    createdAt: new Date(createdAt).toISOString(),
    roots: roots.map(({id, uri, wrapperKeyId}) => ({id, kind: rootKind(uri), uri, wrapperKeyId})),
  };
}

/** Opens a backup for reading. @throws BackupError where it is no regular file that can be read, and what `work` throws */
export async function withBackupFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const reading = {
    path: resolve(path),
    reason: 'unreadable',
    what: 'The backup cannot be read from',
  } as const;
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const file = await namingFile(reading, () => open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    if (!(await file.stat()).isFile())
      throw new BackupError('unreadable', `The backup ${resolve(path)} is no regular file.`);
    return await work(file);
  } finally {
    await file.close();
  }
}
