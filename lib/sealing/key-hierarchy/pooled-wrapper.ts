import {readKeyId} from '../aes-gcm-blob.ts';
import {Redacted} from '../redacted.ts';
import {SealedBlobError, type Wrapper} from '../wrapper.ts';
import type {OpenedDataKey} from './opened-scope.ts';

/** Where a pooled wrapper's keys come from. */
export interface DataKeySource {
  /** @throws UnavailableError where the keys were closed */
  assertOpen(): void;
  /**
   * Finds a version of the purpose's data key, in what is open or else by reading the store once more.
   * @returns undefined where there is none. @throws UnavailableError, SealedBlobError
   */
  find(dataKeyVersionId: string): Promise<OpenedDataKey | undefined>;
}

/**
 * Seals with the newest version that there was when it was given out, so it is asked for anew for each use; opens with
 * the version that the blob names.
 */
export class PooledWrapper extends Redacted implements Pick<Wrapper, 'keyId' | 'seal' | 'open'> {
  readonly #newest: OpenedDataKey;
  readonly #source: DataKeySource;

  constructor(newest: OpenedDataKey, source: DataKeySource) {
    super();
    this.#newest = newest;
    this.#source = source;
  }

  get keyId(): string {
    return this.#newest.id;
  }

  async seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    this.#source.assertOpen();
    return this.#newest.seal(plaintext, additionalData);
  }

  async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    this.#source.assertOpen();
    const id = readKeyId(blob);
    const key = id === this.keyId ? this.#newest : await this.#source.find(id);
    if (!key) throw new SealedBlobError();
    return key.open(blob, additionalData);
  }
}
