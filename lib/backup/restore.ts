import {mkdir, open, rmdir} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import type {FileHandle} from 'node:fs/promises';
import {AesGcmKey} from '../sealing/aes-gcm-key.ts';
import type {IdentifiedRootWrapper} from '../sealing/root-wrapper.ts';
import {withSecret} from '../sealing/secrets.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import type {Stores} from '../storage/stores.ts';
import {namingFile} from './backup-error.ts';
import {damaged, keyContext, readPreamble, type Preamble} from './backup-format.ts';
import {checkRestored, type RestoredDatabase} from './check-restored.ts';
import {openChunks} from './chunks.ts';
import {summarize, withBackupFile, type BackupDescription} from './describe-backup.ts';
import {assertAbsent, COMPANIONS, Draft, syncDirectory} from './draft.ts';
import {openBackupRoot, type BackupRootOptions} from './open-backup-root.ts';
import type {BackupProgress} from './write-backup.ts';

export interface RestoreBackupOptions extends BackupRootOptions {
  /** Of the backup. */
  readonly path: string;
  /** Of the database that is to be: there must be nothing. Its directory is made where there is none. */
  readonly storagePath: string;
  readonly openStores: (path: string) => Promise<Stores>;
  /** Restores a database in which the database itself finds something wrong: it was so when the backup was made. */
  readonly acceptDamaged?: boolean;
  readonly report?: (progress: BackupProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RestoreSummary extends BackupDescription, RestoredDatabase {
  /** Of the backup. */
  readonly path: string;
  readonly storagePath: string;
  /** The root that opened it, and where that was found. */
  readonly openedBy: {readonly id: string; readonly uri: string};
}

/**
 * Makes the database of a backup, where there is none, and checks it: it is there whole, mode 0600 and durable, or not at
 * all. Nobody else may be using the data directory.
 * @throws BackupError, RootOfTrustError, StoreOpenError
 */
export async function restoreBackup(options: RestoreBackupOptions): Promise<RestoreSummary> {
  const storagePath = resolve(options.storagePath);
  return withBackupFile(options.path, async (file) => {
    const preamble = await readPreamble(file);
    const {header} = preamble;
    await assertNoDatabase(storagePath);
    const root = await openBackupRoot(header, options);
    try {
      const key = await openKey(preamble, root);
      const keys = await inDirectory(dirname(storagePath), () =>
        restoreInto(storagePath, {file, preamble, key, root}, options).finally(() => key.close()),
      );
      const openedBy = {id: root.id, uri: root.wrapper.uri};
      return {path: resolve(options.path), storagePath, openedBy, ...summarize(header), ...keys};
    } finally {
      await root.wrapper.close();
    }
  });
}

interface OpenedBackup {
  readonly file: FileHandle;
  readonly preamble: Preamble;
  readonly key: AesGcmKey;
  readonly root: IdentifiedRootWrapper;
}

async function restoreInto(
  storagePath: string,
  {file, preamble, key, root}: OpenedBackup,
  {openStores, acceptDamaged = false, report, signal}: RestoreBackupOptions,
): Promise<RestoredDatabase> {
  const writing = {
    path: storagePath,
    reason: 'unwritable',
    what: 'The database cannot be written to',
  } as const;
  return namingFile(writing, async () => {
    const draft = await Draft.begin(storagePath);
    try {
      const sink = await open(draft.path, 'wx', 0o600);
      const onProgress = (done: number, total: number) => report?.({step: 'opening', done, total});
      await openChunks(file, sink, {key, preamble, onProgress, signal}).finally(() => sink.close());
      report?.({step: 'checking', done: 0});
      const stores = await openStores(draft.path);
      const keys = await checkRestored(stores, root, {acceptDamaged}).finally(() => stores.close());
      await assertNoDatabase(storagePath);
      await draft.publish();
      return keys;
    } finally {
      await draft.discard();
    }
  });
}

async function openKey({header}: Preamble, {id, wrapper}: IdentifiedRootWrapper): Promise<AesGcmKey> {
  const sealedKey = header.roots.find((root) => root.id === id)?.sealedKey;
  if (!sealedKey) throw damaged();
  try {
    const bytes = await wrapper.open(sealedKey, keyContext(header.id, id));
    return await withSecret(bytes, () => new AesGcmKey(header.id, bytes));
  } catch (error) {
    if (error instanceof SealedBlobError) throw damaged(error);
    throw error;
  }
}

/** An old write-ahead log would be played into the new database. */
async function assertNoDatabase(storagePath: string): Promise<void> {
  const looking = {
    path: storagePath,
    reason: 'unwritable',
    what: 'The database cannot be written to',
  } as const;
  await namingFile(looking, async () => {
    for (const suffix of ['', ...COMPANIONS]) await assertAbsent(storagePath + suffix);
  });
}

/** Makes a directory, mode 0700, and where `work` fails deletes again what it has made. */
async function inDirectory<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const making = {path: directory, reason: 'unwritable', what: 'The directory cannot be made:'} as const;
  const firstMade = await namingFile(making, () => mkdir(directory, {recursive: true, mode: 0o700}));
  try {
    const result = await work();
    if (firstMade !== undefined) await syncDirectory(dirname(firstMade));
    return result;
  } catch (error) {
    for (let path = directory; firstMade !== undefined; path = dirname(path)) {
      const isEmpty = await rmdir(path).then(
        () => true,
        () => false,
      );
      if (!isEmpty || path === firstMade) break;
    }
    throw error;
  }
}
