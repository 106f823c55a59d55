import {InternalError} from '../../errors.ts';
import type {ScopeWrappers} from '../../sealing/sealer.ts';
import type {KeyOperation} from '../../storage/key-record.ts';
import type {KeyVersion, KeyVersionId} from '../key-module.ts';
import {atRest} from './at-rest.ts';
import {KEY_MATERIAL, withSecret} from './key-material.ts';
import {OpenedKeyCache} from './opened-key-cache.ts';
import type {OpenedKey, PublicOperations, SoftwareAlgorithm} from './software-algorithm.ts';

const DEFAULT_CACHE_SIZE = 4096;
/** What a public key does, where a type has one. */
const PUBLIC_OPERATIONS: ReadonlySet<KeyOperation> = new Set(['verify', 'encrypt', 'encapsulate']);

type OpenPublicKey = NonNullable<SoftwareAlgorithm['openPublicKey']>;

export interface OpenedKeysOptions {
  readonly wrappers: ScopeWrappers;
  readonly cacheSize?: number | undefined;
  readonly onCache?: ((hit: boolean) => void) | undefined;
}

/** Stored keys, ready for use: opened when they are first used, and kept while there is room. */
export class OpenedKeys {
  readonly #wrappers: ScopeWrappers;
  readonly #secretKeys: OpenedKeyCache<OpenedKey>;
  readonly #publicKeys: OpenedKeyCache<PublicOperations>;

  constructor({wrappers, cacheSize = DEFAULT_CACHE_SIZE, onCache}: OpenedKeysOptions) {
    this.#wrappers = wrappers;
    this.#secretKeys = new OpenedKeyCache({size: cacheSize, onLookup: onCache});
    this.#publicKeys = new OpenedKeyCache({size: cacheSize});
  }

  /** The key's `name` operation, ready to be called, at once where the key is open: with the public key alone where that is enough. */
  operation<N extends KeyOperation>(
    key: KeyVersion,
    algorithm: SoftwareAlgorithm,
    name: N,
  ): NonNullable<OpenedKey[N]> | Promise<NonNullable<OpenedKey[N]>> {
    const opened: OpenedKey | Promise<OpenedKey> =
      PUBLIC_OPERATIONS.has(name) && algorithm.openPublicKey
        ? this.#openPublicKey(key, algorithm.openPublicKey, algorithm.publicCacheWeight)
        : this.open(key, algorithm);
    const ofKey = (openedKey: OpenedKey): NonNullable<OpenedKey[N]> => {
      const operation = openedKey[name];
      if (!operation) throw new InternalError(new Error(`The algorithm of ${key.type} lacks ${name}.`));
      return operation;
    };
    return opened instanceof Promise ? opened.then(ofKey) : ofKey(opened);
  }

  /** @throws InternalError where the material does not open, or is not that of the stored public key. */
  open(key: KeyVersion, algorithm: SoftwareAlgorithm): OpenedKey | Promise<OpenedKey> {
    return this.#secretKeys.get(key, {
      evidence: [key.material, key.publicKey],
      weight: algorithm.cacheWeight,
      make: () =>
        atRest(async () => {
          const wrapper = await this.#wrappers.wrapperFor(key.keystoreId, KEY_MATERIAL);
          const opened = await withSecret(wrapper, key, (secret) => algorithm.open(secret, key.keystoreId));
          if (!isSameKey(opened.publicKey, key.publicKey)) {
            throw new Error('The stored public key is not that of the stored private key.');
          }
          return opened;
        }),
    });
  }

  /** Forgets one secret key, or every one. What is being done is finished. */
  forget(id?: KeyVersionId): void {
    if (id) this.#secretKeys.forget(id);
    else this.#secretKeys.clear();
  }

  /** Forgets the secret keys that were not used since the call before the last one. */
  forgetUnused(): void {
    this.#secretKeys.forgetUnused();
  }

  /** Forgets everything. */
  clear(): void {
    this.#secretKeys.clear();
    this.#publicKeys.clear();
  }

  #openPublicKey(
    key: KeyVersion,
    open: OpenPublicKey,
    weight = 1,
  ): PublicOperations | Promise<PublicOperations> {
    const {publicKey} = key;
    return this.#publicKeys.get(key, {
      evidence: [publicKey],
      weight,
      make: () => atRest(() => open(publicKey ?? new Uint8Array(), key.keystoreId)),
    });
  }
}

function isSameKey(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a && b ? Buffer.compare(a, b) === 0 : a === b;
}
