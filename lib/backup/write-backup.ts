import {randomBytes} from 'node:crypto';
import {open, stat, type FileHandle} from 'node:fs/promises';
import {resolve} from 'node:path';
import {AesGcmKey, KEY_BYTES} from '../sealing/aes-gcm-key.ts';
import {RootSealers} from '../sealing/key-hierarchy/root-sealers.ts';
import {openStoredSealer} from '../sealing/key-hierarchy/stored-sealers.ts';
import type {IdentifiedRootSealer, RootSet} from '../sealing/root-wrapper.ts';
import {SealedError} from '../sealing/sealing-errors.ts';
import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import type {Stores} from '../storage/stores.ts';
import {assertNotCancelled, BackupError, namingFile} from './backup-error.ts';
import {encodePreamble, keyContext} from './backup-format.ts';
import type {BackupHeader, BackupRoot} from './backup-header.ts';
import {summarize, type BackupDescription} from './describe-backup.ts';
import {sealChunks} from './chunks.ts';
import {assertAbsent, Draft} from './draft.ts';

export interface WriteBackupOptions {
  readonly stores: Required<Pick<Stores, 'copyTo' | 'verify'>> & {
    readonly keyHierarchy: Pick<KeyHierarchyStore, 'listRootWrappers'>;
  };
  readonly roots: RootSet;
  /** Opens the sealers of the roots that are not at hand. */
  readonly hierarchy: {
    rootSealerWrapper(): Promise<Parameters<typeof openStoredSealer>[0]>;
  };
  /** Of the backup; there must be nothing. */
  readonly path: string;
  /** Of the database: beside it a copy lies while this runs. */
  readonly storagePath: string;
  /** The release that makes the backup. */
  readonly application: string;
  readonly report?: (progress: BackupProgress) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
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
  const {stores, report, signal, clock = Date.now} = options;
  const path = resolve(options.path);
  const writing = {path, reason: 'unwritable', what: 'The backup cannot be written to'} as const;
  return namingFile(writing, async () => {
    await assertAbsent(path);
    const before = await activeRoots(options);
    const target = await Draft.begin(path);
    const copy = await Draft.begin(resolve(options.storagePath));
    try {
      const sink = await open(target.path, 'wx', 0o600);
      try {
        report?.({step: 'checking', done: 0});
        const problems = await stores.verify();
        assertNotCancelled(signal);
        const createdAt = clock();
        report?.({step: 'copying', done: 0});
        await stores.copyTo(copy.path, {
          onProgress: (done, total) => report?.({step: 'copying', done, total}),
        });
        assertNotCancelled(signal);
        const header = await withSealers(options, async (sealers) => {
          const roots = await rootsSince(before, sealers, options);
          return sealCopy(copy.path, sink, {...options, sealing: roots, createdAt});
        });
        await target.publish();
        return {path, bytes: (await stat(path)).size, problems, ...summarize(header)};
      } finally {
        await sink.close();
      }
    } finally {
      await copy.discard();
      await target.discard();
    }
  });
}

interface SealingRoot {
  readonly record: RootWrapperRecord;
  /** Of a root that is open what it was opened with: what the database says would not open the backup if it was changed. */
  readonly parameters: string | undefined;
  readonly sealer: IdentifiedRootSealer['sealer'];
}

async function sealCopy(
  copyPath: string,
  sink: FileHandle,
  options: WriteBackupOptions & {readonly sealing: readonly SealingRoot[]; readonly createdAt: number},
): Promise<BackupHeader> {
  const {application, createdAt, report, signal} = options;
  const id = `bkp_${randomBytes(16).toString('base64url')}`;
  const bytes = randomBytes(KEY_BYTES);
  let key: AesGcmKey | undefined;
  try {
    key = new AesGcmKey(id, bytes);
    const roots = await Promise.all(options.sealing.map((root) => sealKey(bytes, id, root)));
    const {bytes: start, preamble} = encodePreamble({id, createdAt, application, roots});
    await sink.writeFile(start);
    const onProgress = (done: number, total: number) => report?.({step: 'sealing', done, total});
    const source = await open(copyPath, 'r');
    try {
      await sealChunks(source, sink, {key, preamble, onProgress, signal});
    } finally {
      await source.close();
    }
    return preamble.header;
  } finally {
    bytes.fill(0);
    key?.close();
  }
}

async function sealKey(
  bytes: Uint8Array,
  backupId: string,
  {record, parameters, sealer}: SealingRoot,
): Promise<BackupRoot> {
  const {id, uri, wrapperKeyId, createdAt} = record;
  const sealedKey = await sealer.seal(bytes, keyContext(backupId, id));
  return {
    ...{id, uri, wrapperKeyId, createdAt, sealedKey},
    ...(parameters !== undefined && {parameters}),
  };
}

async function withSealers<T>(
  {roots, hierarchy}: WriteBackupOptions,
  work: (sealers: RootSealers) => Promise<T>,
): Promise<T> {
  const sealers = new RootSealers({
    roots,
    openSealer: async (record, blob) => openStoredSealer(await hierarchy.rootSealerWrapper(), record, blob),
  });
  try {
    return await work(sealers);
  } finally {
    sealers.forget();
  }
}

/** Only what was `active` all the while has surely sealed every root key in the copy. */
async function rootsSince(
  before: readonly RootWrapperRecord[],
  rootSealers: RootSealers,
  options: WriteBackupOptions,
): Promise<readonly SealingRoot[]> {
  const sealers = new Map((await rootSealers.all()).map(({id, sealer}) => [id, sealer]));
  const after = await activeRoots(options);
  const opened = new Map(options.roots.opened().map(({id, wrapper}) => [id, wrapper]));
  const roots = after.flatMap((record) => {
    const sealer = sealers.get(record.id);
    const isSame = sealer?.keyId === record.wrapperKeyId;
    const {parameters} = opened.get(record.id) ?? record;
    return sealer && isSame && before.some(({id}) => id === record.id) ? [{record, parameters, sealer}] : [];
  });
  if (roots.length > 0) return roots;
  throw new BackupError(
    'roots-changed',
    'All roots of trust were changed while the backup was made. Make it again.',
  );
}

/** @throws SealedError */
async function activeRoots({stores, roots}: WriteBackupOptions): Promise<readonly RootWrapperRecord[]> {
  if (roots.opened().length === 0) throw new SealedError();
  const records = await stores.keyHierarchy.listRootWrappers();
  const active = records.filter(({state}) => state === 'active');
  if (active.length === 0) throw new SealedError();
  return active;
}
