import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  ScopeKeysRecord,
} from '../../storage/key-hierarchy-store.ts';
import {UnavailableError} from '../../errors.ts';
import type {AesGcmKey} from '../aes-gcm-key.ts';
import {Redacted} from '../redacted.ts';
import {SealedBlobError} from '../wrapper.ts';
import {dataContext, dataKeyContext} from './contexts.ts';
import {dataIdentity, dataKeyIdentity, newestVersion} from './scope-record.ts';
import {openRootKey, takeKey, type OpenedRoots} from './root-access.ts';

/** A data key version, open: seals and opens what the application gives, bound to its scope and purpose. */
export interface OpenedDataKey {
  readonly id: string;
  seal(plaintext: Uint8Array, additionalData: Uint8Array): Uint8Array;
  open(blob: Uint8Array, additionalData: Uint8Array): Uint8Array;
}

/**
 * A scope's keys as they were read from the store. Each version is opened at its first use, and then kept: what a
 * version is never changes.
 */
export class OpenedScope extends Redacted {
  readonly #record: ScopeKeysRecord;
  readonly #roots: OpenedRoots;
  readonly #rootKeys = new Map<string, Promise<AesGcmKey>>();
  readonly #dataKeys = new Map<string, Promise<AesGcmKey>>();
  /** By purpose, what is open. */
  readonly #newest = new Map<string, OpenedDataKey>();
  #closed = false;

  /** @param previous the same scope as it was read earlier: what it has open needs not be opened again. */
  constructor(record: ScopeKeysRecord, roots: OpenedRoots, previous?: OpenedScope) {
    super();
    this.#record = record;
    this.#roots = roots;
    if (previous) this.#adopt(previous);
  }

  /** @returns the newest version of the purpose's data key; undefined where the scope has no such key. */
  async newest(purpose: string): Promise<OpenedDataKey | undefined> {
    const known = this.#newest.get(purpose);
    if (known) return known;
    const dataKey = this.#find(purpose);
    if (!dataKey) return undefined;
    const opened = await this.#open(dataKey, newestVersion(dataKey.versions));
    this.#assertNotClosed();
    this.#newest.set(purpose, opened);
    return opened;
  }

  /** Whether `newest` gives a key at once. */
  isOpen(purpose: string): boolean {
    return this.#newest.has(purpose);
  }

  /** @returns that version of the purpose's data key; undefined where the scope has no such version. */
  async version(purpose: string, dataKeyVersionId: string): Promise<OpenedDataKey | undefined> {
    const dataKey = this.#find(purpose);
    const version = dataKey?.versions.find(({id}) => id === dataKeyVersionId);
    return dataKey && version && this.#open(dataKey, version);
  }

  /** Opens the newest version of every key. @throws SealedBlobError where one does not open; UnavailableError */
  async openNewest(): Promise<void> {
    await this.#rootKey(newestVersion(this.#record.rootKeyVersions).id);
    for (const dataKey of this.#record.dataKeys) await this.#open(dataKey, newestVersion(dataKey.versions));
  }

  /** Whether this is the newest version of the purpose's data key. */
  isNewest(purpose: string, dataKeyVersionId: string): boolean {
    const dataKey = this.#find(purpose);
    return dataKey !== undefined && newestVersion(dataKey.versions).id === dataKeyVersionId;
  }

  hasVersion(keyVersionId: string): boolean {
    const {rootKeyVersions, dataKeys} = this.#record;
    const versions = [rootKeyVersions, ...dataKeys.map((dataKey) => dataKey.versions)].flat();
    return versions.some(({id}) => id === keyVersionId);
  }

  /** Drops all keys, also those that are just being opened. Later use throws `UnavailableError`. */
  close(): void {
    this.#closed = true;
    for (const keys of [this.#rootKeys, this.#dataKeys]) {
      for (const key of keys.values()) void key.then((opened) => opened.close()).catch(() => undefined);
      keys.clear();
    }
    this.#newest.clear();
  }

  #find(purpose: string): DataKeyRecord | undefined {
    return this.#record.dataKeys.find((dataKey) => dataKey.purpose === purpose);
  }

  async #open(dataKey: DataKeyRecord, version: DataKeyVersionRecord): Promise<OpenedDataKey> {
    const key = await this.#keepOnce(this.#dataKeys, version.id, () => this.#openDataKey(dataKey, version));
    const id = dataIdentity(this.#record, dataKey, version);
    return {
      id: version.id,
      seal: (plaintext, additionalData) => key.seal(plaintext, dataContext(id, additionalData)),
      open: (blob, additionalData) => key.open(blob, dataContext(id, additionalData)),
    };
  }

  async #openDataKey(dataKey: DataKeyRecord, version: DataKeyVersionRecord): Promise<AesGcmKey> {
    const {rootKeyVersionId} = version;
    const rootKey = await this.#rootKey(rootKeyVersionId);
    const context = dataKeyContext(dataKeyIdentity(this.#record, dataKey, version));
    return takeKey(version.id, rootKey.open(version.blob, context));
  }

  #rootKey(rootKeyVersionId: string): Promise<AesGcmKey> {
    return this.#keepOnce(this.#rootKeys, rootKeyVersionId, async () => {
      const found = this.#record.rootKeyVersions.find(({id}) => id === rootKeyVersionId);
      if (!found) throw new SealedBlobError();
      return openRootKey(this.#record, found, this.#roots.opened());
    });
  }

  /** Does `work` once per `id`, also for callers at the same time; a failure is not kept. */
  #keepOnce(
    kept: Map<string, Promise<AesGcmKey>>,
    id: string,
    work: () => Promise<AesGcmKey>,
  ): Promise<AesGcmKey> {
    this.#assertNotClosed();
    const known = kept.get(id);
    if (known) return known;
    const started = work().then((key) => {
      if (!this.#closed) return key;
      key.close();
      throw new UnavailableError('The keys are closed.');
    });
    kept.set(id, started);
    started.catch(() => {
      if (kept.get(id) === started) kept.delete(id);
    });
    return started;
  }

  #assertNotClosed(): void {
    if (this.#closed) throw new UnavailableError('The keys are closed.');
  }

  /** Takes over the keys whose every stored identity is what it was when they were opened. */
  #adopt(previous: OpenedScope): void {
    const {rootKeyId, rootKeyVersions, dataKeys} = this.#record;
    const before = previous.#record;
    if (before.rootKeyId !== rootKeyId) return;
    for (const {id} of unchanged(rootKeyVersions, before.rootKeyVersions)) {
      this.#adoptKey(this.#rootKeys, id, previous.#rootKeys.get(id));
    }
    for (const {id: dataKeyId, purpose, versions} of dataKeys) {
      const same = previous.#find(purpose);
      if (same?.id !== dataKeyId) continue;
      for (const {id} of unchanged(versions, same.versions)) {
        this.#adoptKey(this.#dataKeys, id, previous.#dataKeys.get(id));
      }
    }
  }

  #adoptKey(kept: Map<string, Promise<AesGcmKey>>, id: string, key: Promise<AesGcmKey> | undefined): void {
    if (key) void this.#keepOnce(kept, id, () => key);
  }
}

type Numbered = Pick<DataKeyVersionRecord, 'id' | 'version'>;

function unchanged(versions: readonly Numbered[], before: readonly Numbered[]): readonly Numbered[] {
  const numbers = new Map(before.map(({id, version}) => [id, version]));
  return versions.filter(({id, version}) => numbers.get(id) === version);
}
