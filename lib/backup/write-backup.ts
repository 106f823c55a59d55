import {open, stat, type FileHandle} from 'node:fs/promises';
import {resolve} from 'node:path';
import type {Stores} from '../storage/stores.ts';
import {assertNotCancelled, namingFile} from './backup-error.ts';
import type {BackupSealer, BackupSealing} from './backup-sealing.ts';
import {sealChunks} from './chunks.ts';
import {describeBackup, type BackupDescription} from './describe-backup.ts';
import {assertAbsent, Draft} from './draft.ts';

export interface WriteBackupOptions {
  readonly stores: Required<Pick<Stores, 'copyTo' | 'verify'>>;
  readonly sealing: BackupSealing;
  /** Of the backup; there must be nothing. */
  readonly path: string;
  /** Of the database: beside it a copy lies while this runs. */
  readonly storagePath: string;
  readonly report?: (progress: BackupProgress) => void;
  readonly signal?: AbortSignal;
}

export interface BackupProgress {
  readonly step: 'checking' | 'copying' | 'sealing' | 'opening';
  readonly done: number;
  readonly total?: number;
}

export interface BackupSummary extends BackupDescription {
  readonly path: string;
  readonly bytes: number;
  /** What the database finds wrong in itself: with any, a restore must be told to accept it. */
  readonly problems: readonly string[];
}

/**
 * Makes a backup of the database as it is at one moment, while others read and write it: sealed under a key of its own,
 * that each `active` root opens. The file is there whole, mode 0600 and durable, or not at all.
 * @throws BackupError, SealedError, UnavailableError
 */
export async function writeBackup(options: WriteBackupOptions): Promise<BackupSummary> {
  const {stores, report, signal} = options;
  const path = resolve(options.path);
  const writing = {path, reason: 'unwritable', what: 'The backup cannot be written to'} as const;
  return namingFile(writing, async () => {
    await assertAbsent(path);
    const target = await Draft.begin(path);
    const copy = await Draft.begin(resolve(options.storagePath));
    try {
      const sink = await open(target.path, 'wx', 0o600);
      try {
        report?.({step: 'checking', done: 0});
        const problems = await stores.verify();
        assertNotCancelled(signal);
        await sealCopy(copy.path, sink, options);
        const description = await describeBackup(target.path);
        await target.publish();
        return {path, bytes: (await stat(path)).size, problems, ...description};
      } finally {
        await sink.close();
      }
    } finally {
      await copy.discard();
      await target.discard();
    }
  });
}

async function sealCopy(
  copyPath: string,
  sink: FileHandle,
  {stores, sealing, report, signal}: WriteBackupOptions,
): Promise<void> {
  const sealer = await sealing.begin();
  try {
    report?.({step: 'copying', done: 0});
    await stores.copyTo(copyPath, {
      onProgress: (done, total) => report?.({step: 'copying', done, total}),
    });
    assertNotCancelled(signal);
    await writeSealed(copyPath, sink, {sealer, report, signal});
  } finally {
    await sealer.close();
  }
}

async function writeSealed(
  copyPath: string,
  sink: FileHandle,
  {
    sealer,
    report,
    signal,
  }: {
    readonly sealer: BackupSealer;
    readonly report: WriteBackupOptions['report'];
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  await using source = await open(copyPath, 'r');
  const {size} = await source.stat();
  await sink.writeFile(await sealer.start(size));
  const onProgress = (done: number, total: number) => report?.({step: 'sealing', done, total});
  await sealChunks(source, sink, {size, sealer, onProgress, signal});
}
