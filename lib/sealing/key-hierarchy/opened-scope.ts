import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  ScopeKeysRecord,
} from '../../storage/key-hierarchy-store.ts';
import type {AesGcmKey} from '../aes-gcm-key.ts';
import {Redacted} from '../redacted.ts';
import type {IdentifiedRootWrapper} from '../root-wrapper.ts';
import {SealedBlobError} from '../wrapper.ts';
import {dataContext, dataKeyContext} from './contexts.ts';
import {openRootKey, takeKey} from './root-access.ts';

/** A data key version, open: seals and opens what the application gives, bound to its scope and purpose. */
export interface OpenedDataKey {
  readonly id: string;
  seal(plaintext: Uint8Array, additionalData: Uint8Array): Uint8Array;
  open(blob: Uint8Array, additionalData: Uint8Array): Uint8Array;
}

/**
 * A scope's keys as they were read from the store. Each version is opened at its first use, and then kept: what a
 * version is never changes. That the scope asked for is `scope`, and not what the record says of itself, is what
 * refuses a record that was put in another's place.
 */
export class OpenedScope extends Redacted {
  readonly #scope: string;
  readonly #record: ScopeKeysRecord;
  readonly #rootWrappers: readonly IdentifiedRootWrapper[];
  readonly #rootKeys = new Map<string, Promise<AesGcmKey>>();
  readonly #dataKeys = new Map<string, Promise<OpenedDataKey>>();

  constructor(scope: string, record: ScopeKeysRecord, rootWrappers: readonly IdentifiedRootWrapper[]) {
    super();
    this.#scope = scope;
    this.#record = record;
    this.#rootWrappers = rootWrappers;
  }

  /** @returns the newest version of the purpose's data key; undefined where the scope has no such key. */
  async newest(purpose: string): Promise<OpenedDataKey | undefined> {
    const dataKey = this.#find(purpose);
    return dataKey && this.#open(dataKey, newestVersion(dataKey));
  }

  /** @returns that version of the purpose's data key; undefined where the scope has no such version. */
  async version(purpose: string, dataKeyVersionId: string): Promise<OpenedDataKey | undefined> {
    const dataKey = this.#find(purpose);
    const version = dataKey?.versions.find(({id}) => id === dataKeyVersionId);
    return dataKey && version && this.#open(dataKey, version);
  }

  #find(purpose: string): DataKeyRecord | undefined {
    return this.#record.dataKeys.find((dataKey) => dataKey.purpose === purpose);
  }

  #open(dataKey: DataKeyRecord, version: DataKeyVersionRecord): Promise<OpenedDataKey> {
    return keepOnce(this.#dataKeys, version.id, async () => {
      const key = await this.#openDataKey(dataKey, version);
      const id = {
        scope: this.#scope,
        purpose: dataKey.purpose,
        dataKeyId: dataKey.id,
        dataKeyVersionId: version.id,
        version: version.version,
      };
      return {
        id: version.id,
        seal: (plaintext, additionalData) => key.seal(plaintext, dataContext(id, additionalData)),
        open: (blob, additionalData) => key.open(blob, dataContext(id, additionalData)),
      };
    });
  }

  async #openDataKey(dataKey: DataKeyRecord, version: DataKeyVersionRecord): Promise<AesGcmKey> {
    const {rootKeyVersionId} = version;
    const rootKey = await this.#rootKey(rootKeyVersionId);
    const context = dataKeyContext({
      scope: this.#scope,
      purpose: dataKey.purpose,
      rootKeyId: this.#record.rootKeyId,
      rootKeyVersionId,
      dataKeyId: dataKey.id,
      dataKeyVersionId: version.id,
      version: version.version,
    });
    return takeKey(version.id, rootKey.open(version.blob, context));
  }

  #rootKey(rootKeyVersionId: string): Promise<AesGcmKey> {
    return keepOnce(this.#rootKeys, rootKeyVersionId, async () => {
      const found = this.#record.rootKeyVersions.find(({id}) => id === rootKeyVersionId);
      if (!found) throw new SealedBlobError();
      const {rootKeyId} = this.#record;
      const id = {scope: this.#scope, rootKeyId, rootKeyVersionId, version: found.version};
      return openRootKey(found.sealed, id, this.#rootWrappers);
    });
  }
}

function newestVersion({versions}: DataKeyRecord): DataKeyVersionRecord {
  const newest = versions.reduce<DataKeyVersionRecord | undefined>(
    (best, version) => (best && best.version > version.version ? best : version),
    undefined,
  );
  if (!newest) throw new SealedBlobError();
  return newest;
}

/** Does `work` once per `id`, also for callers at the same time; a failure is not kept. */
function keepOnce<T>(kept: Map<string, Promise<T>>, id: string, work: () => Promise<T>): Promise<T> {
  const known = kept.get(id);
  if (known) return known;
  const started = work();
  kept.set(id, started);
  started.catch(() => kept.delete(id));
  return started;
}
