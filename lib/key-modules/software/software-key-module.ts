import {
  InternalError,
  KmsError,
  MalformedRequestError,
  NotSupportedError,
  UnavailableError,
} from '../../errors.ts';
import {findKeyType, type KeyOperation, type KeyType} from '../../keys/key-types.ts';
import type {ScopeWrappers} from '../../sealing/sealer.ts';
import type {GeneratedKey, KeyModule, KeyVersion, KeyVersionId, SealedMaterial} from '../key-module.ts';
import {createSoftwareAlgorithms, type SoftwareAlgorithms} from './algorithms.ts';
import {createBbsWorkers, type BbsWorkers} from './algorithms/bbs-jobs.ts';
import {resealSecret, sealSecret, withSecret} from './key-material.ts';
import {OpenedKeyCache} from './opened-key-cache.ts';
import type {OpenedKey, SoftwareAlgorithm, Verifier} from './software-algorithm.ts';
import type {WorkerPoolLimits} from './worker-pool/worker-pool.ts';

const PURPOSE = 'key-material';
const DEFAULT_CACHE_SIZE = 4096;

export interface SoftwareKeyModuleOptions {
  /** Seals key material; the scope is the keystore. */
  readonly wrappers: ScopeWrappers;
  /** How many opened keys are kept in memory (an ML-DSA key counts as 16). */
  readonly cacheSize?: number;
  /** Told of each use of a secret key whether it was open already. */
  readonly onCache?: (hit: boolean) => void;
  /** How much of the machine BBS may take; each keystore has a share of the queue. */
  readonly bbsLimits?: Partial<WorkerPoolLimits>;
}

/**
 * Does cryptography in this process, every key type of the table. A key version's material is its secret, sealed under
 * its keystore and bound to its identity and public key. BBS works in threads of its own, off the event loop. Where stored material does not open, or is not the private
 * part of the stored public key, every operation that needs it throws `InternalError`.
 */
export class SoftwareKeyModule implements KeyModule {
  readonly id = 'software';
  readonly #wrappers: ScopeWrappers;
  readonly #openedKeys: OpenedKeyCache<OpenedKey>;
  readonly #verifiers: OpenedKeyCache<Verifier>;
  readonly #bbsWorkers: BbsWorkers;
  readonly #algorithms: SoftwareAlgorithms;
  #closed = false;

  constructor({wrappers, cacheSize = DEFAULT_CACHE_SIZE, onCache, bbsLimits}: SoftwareKeyModuleOptions) {
    this.#wrappers = wrappers;
    this.#openedKeys = new OpenedKeyCache({size: cacheSize, onLookup: onCache});
    this.#verifiers = new OpenedKeyCache({size: cacheSize});
    this.#bbsWorkers = createBbsWorkers(bbsLimits);
    this.#algorithms = createSoftwareAlgorithms(this.#bbsWorkers);
  }

  supports(type: KeyType): boolean {
    return findKeyType(type) !== undefined;
  }

  async generateKey(id: KeyVersionId): Promise<GeneratedKey> {
    const secret = await this.#algorithm(id).generateSecret();
    try {
      return await this.importKeyMaterial(id, secret);
    } finally {
      secret.fill(0);
    }
  }

  /**
   * Seals a known secret, given in its algorithm's own form: seed (Ed25519, ML-DSA), scalar (X25519; the others
   * big-endian) or key (HMAC, AES-KW). The caller zeroes `secret`.
   * @throws MalformedRequestError where it is not a secret of that type.
   */
  async importKeyMaterial(id: KeyVersionId, secret: Buffer): Promise<GeneratedKey> {
    const algorithm = this.#algorithm(id);
    const publicKey = await publicKeyOf(algorithm, id, secret);
    const sealed = await atRest(async () => {
      const wrapper = await this.#wrappers.wrapperFor(id.keystoreId, PURPOSE, {create: true});
      return sealSecret(wrapper, id, {secret, publicKey});
    });
    return publicKey ? {publicKey, ...sealed} : sealed;
  }

  async reseal(key: KeyVersion): Promise<Required<SealedMaterial>> {
    this.#assertOpen();
    return atRest(async () => resealSecret(await this.#wrappers.wrapperFor(key.keystoreId, PURPOSE), key));
  }

  async sign(key: KeyVersion, data: Uint8Array): Promise<Uint8Array> {
    return (await this.#operation(key, 'sign'))(data);
  }

  async verify(key: KeyVersion, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return (await this.#operation(key, 'verify'))(data, signature);
  }

  async wrapKey(key: KeyVersion, unwrappedKey: Uint8Array): Promise<Uint8Array> {
    return (await this.#operation(key, 'wrapKey'))(unwrappedKey);
  }

  async unwrapKey(key: KeyVersion, wrappedKey: Uint8Array): Promise<Uint8Array | undefined> {
    return (await this.#operation(key, 'unwrapKey'))(wrappedKey);
  }

  async deriveSecret(key: KeyVersion, publicKey: Uint8Array): Promise<Uint8Array> {
    return (await this.#operation(key, 'deriveSecret'))(publicKey);
  }

  async check(): Promise<void> {
    this.#assertOpen();
  }

  /** Forgets every opened key: the server was sealed. What is being done is finished. */
  forget(): void {
    this.#openedKeys.clear();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#openedKeys.clear();
    this.#verifiers.clear();
    await this.#bbsWorkers.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError('The key module is closed.');
  }

  #algorithm({type}: KeyVersionId, operation?: KeyOperation): SoftwareAlgorithm {
    this.#assertOpen();
    const keyType = findKeyType(type);
    if (!keyType) throw new NotSupportedError('There is no such key type.');
    if (operation && !keyType.operations.includes(operation)) {
      const operations = keyType.operations.join(', ');
      throw new NotSupportedError(
        `Keys of type ${type} have no operation ${operation}. They have: ${operations}.`,
      );
    }
    return this.#algorithms[keyType.algorithm];
  }

  /** The key's `name` operation, ready to be called. Asymmetric signatures are verified with the public key alone. */
  async #operation<N extends KeyOperation>(key: KeyVersion, name: N): Promise<NonNullable<OpenedKey[N]>> {
    const algorithm = this.#algorithm(key, name);
    const opened: OpenedKey =
      name === 'verify' && algorithm.openPublicKey
        ? await this.#openPublicKey(key, algorithm.openPublicKey)
        : await this.#openKey(key, algorithm);
    const operation = opened[name];
    if (!operation) throw new InternalError(new Error(`The algorithm of ${key.type} lacks ${name}.`));
    return operation;
  }

  async #openPublicKey(key: KeyVersion, open: OpenPublicKey): Promise<Verifier> {
    const {publicKey} = key;
    return this.#verifiers.get(key, {
      evidence: [publicKey],
      weight: 1,
      make: () => atRest(() => open(publicKey ?? new Uint8Array(), key.keystoreId)),
    });
  }

  async #openKey(key: KeyVersion, algorithm: SoftwareAlgorithm): Promise<OpenedKey> {
    return this.#openedKeys.get(key, {
      evidence: [key.material, key.publicKey],
      weight: algorithm.cacheWeight,
      make: () =>
        atRest(async () => {
          const wrapper = await this.#wrappers.wrapperFor(key.keystoreId, PURPOSE);
          const opened = await withSecret(wrapper, key, (secret) => algorithm.open(secret, key.keystoreId));
          if (!isSameKey(opened.publicKey, key.publicKey)) {
            throw new Error('The stored public key is not that of the stored private key.');
          }
          return opened;
        }),
    });
  }
}

type OpenPublicKey = NonNullable<SoftwareAlgorithm['openPublicKey']>;

async function publicKeyOf({open}: SoftwareAlgorithm, {type, keystoreId}: KeyVersionId, secret: Buffer) {
  try {
    return (await open(secret, keystoreId)).publicKey;
  } catch (cause) {
    if (cause instanceof KmsError) throw cause;
    throw new MalformedRequestError(`This is not the secret of a key of type ${type}.`, {cause});
  }
}

function isSameKey(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a && b ? Buffer.compare(a, b) === 0 : a === b;
}

/** Whatever fails on stored bytes is no fault of the client, who is told nothing of it; being unavailable passes. */
async function atRest<T>(open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw error instanceof KmsError ? error : new InternalError(error);
  }
}
