import {KmsError, MalformedRequestError, NotSupportedError, UnavailableError} from '../../errors.ts';
import {findKeyType, type KeyType, type KeyTypeDescriptor} from '../../keys/key-types.ts';
import type {ScopeWrappers} from '../../sealing/sealer.ts';
import type {KeyOperation} from '../../storage/key-record.ts';
import type {
  Encapsulated,
  EncryptionOptions,
  GeneratedKey,
  KeyModule,
  KeyTypeSupport,
  KeyVersion,
  KeyVersionId,
  SealedMaterial,
  SignatureOptions,
} from '../key-module.ts';
import {wholeSupport} from '../key-type-support.ts';
import {assertOperation, chooseEncryption, chooseSignature} from '../operation-options.ts';
import {createSoftwareAlgorithms, type SoftwareAlgorithms} from './algorithms.ts';
import {createBbsWorkers, type BbsWorkers} from './algorithms/bbs-jobs.ts';
import {createCryptoWorkers, type CryptoWorkers} from './algorithms/crypto-jobs.ts';
import {atRest} from './at-rest.ts';
import {KEY_MATERIAL, resealSecret, sealSecret, withSecret} from './key-material.ts';
import {OpenedKeys} from './opened-keys.ts';
import {asBuffer, type OpenedKey, type SoftwareAlgorithm} from './software-algorithm.ts';
import type {WorkerPoolLimits} from './worker-pool/worker-pool.ts';

export interface SoftwareKeyModuleOptions {
  /** Seals key material; the scope is the keystore. */
  readonly wrappers: ScopeWrappers;
  /** How many opened keys are kept in memory (an ML-DSA key counts as 16, an RSA key as 8). */
  readonly cacheSize?: number;
  /** Told of each use of a secret key whether it was open already. */
  readonly onCache?: (hit: boolean) => void;
  /** How much of the machine BBS may take; each keystore has a share of the queue. */
  readonly bbsLimits?: Partial<WorkerPoolLimits>;
}

/** A secret key that nobody uses is kept open for once to twice as long. */
const UNUSED_MS = 10 * 60_000;

interface NewSecret {
  readonly secret: Buffer;
  /** Absent for symmetric keys. */
  readonly publicKey?: Uint8Array | undefined;
}

/**
 * Does cryptography in this process, every key type of the table. A key version's material is its secret, sealed under
 * its keystore and bound to its identity and public key. What takes a millisecond or more works off the event loop. Where
 * stored material does not open, or is not the private part of the stored public key, every operation that needs it
 * throws `InternalError`; what the public key does by itself does not need it.
 */
export class SoftwareKeyModule implements KeyModule {
  readonly id = 'software';
  readonly #wrappers: ScopeWrappers;
  readonly #openedKeys: OpenedKeys;
  readonly #bbsWorkers: BbsWorkers;
  readonly #cryptoWorkers: CryptoWorkers;
  readonly #algorithms: SoftwareAlgorithms;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor({wrappers, cacheSize, onCache, bbsLimits}: SoftwareKeyModuleOptions) {
    this.#wrappers = wrappers;
    this.#openedKeys = new OpenedKeys({wrappers, cacheSize, onCache});
    this.#bbsWorkers = createBbsWorkers(bbsLimits);
    this.#cryptoWorkers = createCryptoWorkers();
    this.#algorithms = createSoftwareAlgorithms(this.#bbsWorkers, this.#cryptoWorkers);
    this.#timer = setInterval(() => this.#forgetUnused(), UNUSED_MS).unref();
  }

  keyType(type: KeyType): KeyTypeSupport | undefined {
    return wholeSupport(type);
  }

  async generateKey(id: KeyVersionId): Promise<GeneratedKey> {
    const generated = await this.#algorithm(id).generateSecret(id.keystoreId);
    const [secret, pair] = Buffer.isBuffer(generated) ? [generated] : [generated.secret, generated];
    try {
      return await this.#seal(id, pair ?? (await this.#open(id, secret)));
    } finally {
      secret.fill(0);
    }
  }

  async importKey(id: KeyVersionId, secret: Uint8Array): Promise<GeneratedKey> {
    const {check} = this.#algorithm(id);
    await ofType(id, async () => check?.(asBuffer(secret), id.keystoreId));
    return this.#seal(id, await this.#open(id, asBuffer(secret)));
  }

  async exportKey(key: KeyVersion): Promise<Uint8Array> {
    // Nothing leaves that is not the secret of the stored public key.
    await this.#openedKeys.open(key, this.#algorithm(key));
    return atRest(async () => {
      const wrapper = await this.#wrappers.wrapperFor(key.keystoreId, KEY_MATERIAL);
      return withSecret(wrapper, key, (secret) => Uint8Array.from(secret));
    });
  }

  async reseal(key: KeyVersion): Promise<Required<SealedMaterial>> {
    this.#assertOpen();
    return atRest(async () =>
      resealSecret(await this.#wrappers.wrapperFor(key.keystoreId, KEY_MATERIAL), key),
    );
  }

  async sign(key: KeyVersion, data: Uint8Array, options?: SignatureOptions): Promise<Uint8Array> {
    const choice = chooseSignature(this.#keyType(key, 'sign'), data, options);
    return (await this.#operation(key, 'sign'))(data, choice);
  }

  async verify(
    key: KeyVersion,
    data: Uint8Array,
    signature: Uint8Array,
    options?: SignatureOptions,
  ): Promise<boolean> {
    const choice = chooseSignature(this.#keyType(key, 'verify'), data, options);
    return (await this.#operation(key, 'verify'))(data, signature, choice);
  }

  async encrypt(key: KeyVersion, plaintext: Uint8Array, options?: EncryptionOptions): Promise<Uint8Array> {
    const {additionalData} = chooseEncryption(this.#keyType(key, 'encrypt'), options);
    return (await this.#operation(key, 'encrypt'))(plaintext, additionalData);
  }

  async decrypt(
    key: KeyVersion,
    ciphertext: Uint8Array,
    options?: EncryptionOptions,
  ): Promise<Uint8Array | undefined> {
    const {additionalData} = chooseEncryption(this.#keyType(key, 'decrypt'), options);
    return (await this.#operation(key, 'decrypt'))(ciphertext, additionalData);
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

  async encapsulate(key: KeyVersion): Promise<Encapsulated> {
    return (await this.#operation(key, 'encapsulate'))();
  }

  async decapsulate(key: KeyVersion, ciphertext: Uint8Array): Promise<Uint8Array> {
    return (await this.#operation(key, 'decapsulate'))(ciphertext);
  }

  async check(): Promise<void> {
    this.#assertOpen();
  }

  /** Forgets an opened key, or all, with what is in the memory of threads. What is being done is finished. */
  forget(key?: KeyVersionId): void {
    this.#openedKeys.forget(key);
    if (!key) this.#retireThreads();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#openedKeys.clear();
    await Promise.all([this.#bbsWorkers.close(), this.#cryptoWorkers.close()]);
  }

  #forgetUnused(): void {
    this.#openedKeys.forgetUnused();
    this.#retireThreads();
  }

  #retireThreads(): void {
    this.#bbsWorkers.retireThreads();
    this.#cryptoWorkers.retireThreads();
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError('The key module is closed.');
  }

  #keyType({type}: KeyVersionId, operation?: KeyOperation): KeyTypeDescriptor {
    this.#assertOpen();
    const keyType = findKeyType(type);
    if (!keyType) throw new NotSupportedError('There is no such key type.');
    if (operation) assertOperation(keyType, operation);
    return keyType;
  }

  #algorithm(id: KeyVersionId, operation?: KeyOperation): SoftwareAlgorithm {
    return this.#algorithms[this.#keyType(id, operation).algorithm];
  }

  async #open(id: KeyVersionId, secret: Buffer): Promise<NewSecret> {
    const {publicKey} = await ofType(id, () => this.#algorithm(id).open(secret, id.keystoreId));
    return {secret, publicKey};
  }

  async #seal(id: KeyVersionId, {secret, publicKey}: NewSecret): Promise<GeneratedKey> {
    const sealed = await atRest(async () => {
      const wrapper = await this.#wrappers.wrapperFor(id.keystoreId, KEY_MATERIAL, {create: true});
      return sealSecret(wrapper, id, {secret, publicKey});
    });
    return publicKey ? {publicKey, ...sealed} : sealed;
  }

  #operation<N extends KeyOperation>(
    key: KeyVersion,
    name: N,
  ): NonNullable<OpenedKey[N]> | Promise<NonNullable<OpenedKey[N]>> {
    return this.#openedKeys.operation(key, this.#algorithm(key, name), name);
  }
}

/** What fails on a secret that is to be a key of that type fails because it is none. */
async function ofType<T>({type}: KeyVersionId, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    if (cause instanceof KmsError) throw cause;
    throw new MalformedRequestError(`This is not the secret of a key of type ${type}.`, {cause});
  }
}
