import {readKeyId} from '../aes-gcm-blob.ts';
import {Redacted} from '../redacted.ts';
import {InvalidVersionError} from '../sealing-errors.ts';
import {SealedBlobError, type Wrapper} from '../wrapper.ts';
import type {OpenedDataKey} from './opened-scope.ts';

/** Where a pooled wrapper's keys come from. */
export interface DataKeySource {
  /** @throws SealedError, or UnavailableError where the keys were forgotten or closed since the wrapper was given out */
  assertUsable(): void;
  /**
   * Finds a version of the purpose's data key, in what is open or else by reading the store once more.
   * @returns undefined where there is none. @throws UnavailableError, SealedBlobError
   */
  find(dataKeyVersionId: string): Promise<OpenedDataKey | undefined>;
}

/**
 * Seals with the newest version that there was when it was given out, so it is asked for anew for each use; opens with
 * the version that the blob names. `keyId` is the id of the data key version that it seals with: what is stored sealed
 * names it.
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
    this.#source.assertUsable();
    return this.#newest.seal(plaintext, additionalData);
  }

  async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    this.#source.assertUsable();
    const id = readKeyId(blob);
    const key = id === this.keyId ? this.#newest : await this.#source.find(id);
    if (!key) throw new SealedBlobError();
    this.#source.assertUsable();
    return key.open(blob, additionalData);
  }
}

/**
 * One version of a data key: `keyId` is its id, and it opens what that version sealed and nothing else. It seals only
 * where the version was its key's newest when the wrapper was given out: nothing new is sealed under an old version.
 */
export class VersionWrapper extends Redacted implements Pick<Wrapper, 'keyId' | 'seal' | 'open'> {
  readonly #version: OpenedDataKey;
  readonly #isNewest: boolean;
  readonly #source: Pick<DataKeySource, 'assertUsable'>;

  constructor(version: OpenedDataKey, isNewest: boolean, source: Pick<DataKeySource, 'assertUsable'>) {
    super();
    this.#version = version;
    this.#isNewest = isNewest;
    this.#source = source;
  }

  get keyId(): string {
    return this.#version.id;
  }

  /** @throws InvalidVersionError where the version was not its key's newest. */
  async seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    this.#source.assertUsable();
    if (!this.#isNewest)
      throw new InvalidVersionError('Nothing is sealed under an old version of a data key.');
    return this.#version.seal(plaintext, additionalData);
  }

  async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    this.#source.assertUsable();
    return this.#version.open(blob, additionalData);
  }
}
