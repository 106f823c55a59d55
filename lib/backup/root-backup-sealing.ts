import {randomBytes} from 'node:crypto';
import {AesGcmKey, KEY_BYTES} from '../sealing/aes-gcm-key.ts';
import {RootSealers} from '../sealing/key-hierarchy/root-sealers.ts';
import {openStoredSealer} from '../sealing/key-hierarchy/stored-sealers.ts';
import type {IdentifiedRootSealer, RootSet} from '../sealing/root-wrapper.ts';
import {SealedError} from '../sealing/sealing-errors.ts';
import {withSecret} from '../sealing/secrets.ts';
import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {BackupError} from './backup-error.ts';
import {encodePreamble, keyContext} from './backup-format.ts';
import type {BackupRoot} from './backup-header.ts';
import type {BackupSealer, BackupSealing} from './backup-sealing.ts';
import {ChunkSealer} from './chunks.ts';

export interface RootBackupSealingOptions {
  readonly store: Pick<KeyHierarchyStore, 'listRootWrappers'>;
  readonly roots: RootSet;
  /** Opens the sealers of the roots that are not at hand. */
  readonly hierarchy: {
    rootSealerWrapper(): Promise<Parameters<typeof openStoredSealer>[0]>;
  };
  /** The release that makes the backups. */
  readonly application: string;
  /** Milliseconds since the epoch. */
  readonly clock?: (() => number) | undefined;
}

/** Seals each backup under a key of its own, and that under each root that is `active` from its beginning to its end. */
export class RootBackupSealing implements BackupSealing {
  readonly #options: RootBackupSealingOptions;

  constructor(options: RootBackupSealingOptions) {
    this.#options = options;
  }

  async begin(): Promise<BackupSealer> {
    const before = await activeRoots(this.#options);
    const {clock = Date.now} = this.#options;
    return new RootBackupSealer(this.#options, {before, createdAt: clock()});
  }
}

interface Beginning {
  readonly before: readonly RootWrapperRecord[];
  readonly createdAt: number;
}

class RootBackupSealer implements BackupSealer {
  readonly #options: RootBackupSealingOptions;
  readonly #beginning: Beginning;
  #state: 'begun' | 'started' | 'closed' = 'begun';
  #chunks: ChunkSealer | undefined;

  constructor(options: RootBackupSealingOptions, beginning: Beginning) {
    this.#options = options;
    this.#beginning = beginning;
  }

  async start(bytes: number): Promise<Uint8Array> {
    if (this.#state !== 'begun') throw new TypeError('The backup was started before, or is closed.');
    this.#state = 'started';
    const {application} = this.#options;
    const {before, createdAt} = this.#beginning;
    const id = `bkp_${randomBytes(16).toString('base64url')}`;
    return withSecret(randomBytes(KEY_BYTES), async (secret) => {
      const roots = await this.#withSealers(async (sealers) => {
        const sealing = await rootsSince(before, sealers, this.#options);
        return Promise.all(sealing.map((root) => sealKey(secret, id, root)));
      });
      this.#assertOpen();
      const {bytes: start, preamble} = encodePreamble({id, createdAt, application, roots});
      this.#chunks = new ChunkSealer({key: new AesGcmKey(id, secret), preamble, bytes});
      return start;
    });
  }

  async seal(piece: Uint8Array): Promise<Uint8Array> {
    if (!this.#chunks) throw new TypeError('The backup was not started, or is closed.');
    return this.#chunks.seal(piece);
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#chunks?.close();
    this.#chunks = undefined;
  }

  #assertOpen(): void {
    if (this.#state === 'closed') throw new TypeError('The backup is closed.');
  }

  async #withSealers<T>(work: (sealers: RootSealers) => Promise<T>): Promise<T> {
    const {roots, hierarchy} = this.#options;
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
}

interface SealingRoot {
  readonly record: RootWrapperRecord;
  /** Of a root that is open what it was opened with: what the database says would not open the backup if it was changed. */
  readonly parameters: string | undefined;
  readonly sealer: IdentifiedRootSealer['sealer'];
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

/** Only what was `active` all the while has surely sealed every root key in the copy. */
async function rootsSince(
  before: readonly RootWrapperRecord[],
  rootSealers: RootSealers,
  options: RootBackupSealingOptions,
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
async function activeRoots({store, roots}: RootBackupSealingOptions): Promise<readonly RootWrapperRecord[]> {
  if (roots.opened().length === 0) throw new SealedError();
  const records = await store.listRootWrappers();
  const active = records.filter(({state}) => state === 'active');
  if (active.length === 0) throw new SealedError();
  return active;
}
