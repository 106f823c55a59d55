import type {KeyType} from '../keys/key-types.ts';
import {foreignError} from './foreign-error.ts';
import {bytes, bytesOrNone, encapsulated, generated, nothing, resealed, truth} from './foreign-values.ts';
import {GuardedHeldKeys} from './guarded-held-keys.ts';
import type {HeldKeys} from './held-keys.ts';
import {inTime} from './in-time.ts';
import type {
  Encapsulated,
  EncryptionOptions,
  GeneratedKey,
  KeyModule,
  KeyTypeSupport,
  KeyVersion,
  KeyVersionId,
  SignatureOptions,
} from './key-module.ts';

/** Of one operation; making a key takes some modules longer. */
const OPERATION_MS = 15_000;
const GENERATION_MS = 120_000;
/** Of all keys that a module keeps. */
const LISTING_MS = 300_000;

export interface GuardLimits {
  readonly operationMs?: number;
  readonly generationMs?: number;
  readonly listingMs?: number;
}

/**
 * A key module of somebody else, held to its interface: it answers in time, or `UnavailableError` is thrown; it gives what the
 * interface says, and throws what the interface says, or `InternalError` is thrown.
 */
export class GuardedKeyModule implements KeyModule {
  readonly id: string;
  readonly importKey?: NonNullable<KeyModule['importKey']>;
  readonly exportKey?: NonNullable<KeyModule['exportKey']>;
  readonly destroyKey?: NonNullable<KeyModule['destroyKey']>;
  readonly checkKey?: NonNullable<KeyModule['checkKey']>;
  readonly reseal?: NonNullable<KeyModule['reseal']>;
  readonly held?: HeldKeys;
  readonly #module: KeyModule;
  readonly #limits: Required<GuardLimits>;

  constructor(
    module: KeyModule,
    {operationMs = OPERATION_MS, generationMs = GENERATION_MS, listingMs = LISTING_MS}: GuardLimits = {},
  ) {
    this.#module = module;
    this.#limits = {operationMs, generationMs, listingMs};
    this.id = module.id;
    if (module.importKey) {
      this.importKey = (id, secret) => this.#make(id, () => module.importKey?.(id, secret));
    }
    if (module.exportKey) this.exportKey = (key) => this.#run(() => module.exportKey?.(key), bytes);
    if (module.destroyKey) this.destroyKey = (key) => this.#run(() => module.destroyKey?.(key), nothing);
    if (module.checkKey) this.checkKey = (key) => this.#run(() => module.checkKey?.(key), nothing);
    if (module.reseal) this.reseal = (key) => this.#run(() => module.reseal?.(key), resealed);
    const {held} = module;
    if (held) this.held = new GuardedHeldKeys(held, this.#limits);
  }

  keyType(type: KeyType): KeyTypeSupport | undefined {
    return this.#module.keyType(type);
  }

  generateKey(id: KeyVersionId): Promise<GeneratedKey> {
    return this.#make(id, () => this.#module.generateKey(id));
  }

  sign(key: KeyVersion, data: Uint8Array, options?: SignatureOptions): Promise<Uint8Array> {
    return this.#run(() => this.#module.sign(key, data, options), bytes);
  }

  verify(
    key: KeyVersion,
    data: Uint8Array,
    signature: Uint8Array,
    options?: SignatureOptions,
  ): Promise<boolean> {
    return this.#run(() => this.#module.verify(key, data, signature, options), truth);
  }

  encrypt(key: KeyVersion, plaintext: Uint8Array, options?: EncryptionOptions): Promise<Uint8Array> {
    return this.#run(() => this.#module.encrypt(key, plaintext, options), bytes);
  }

  decrypt(
    key: KeyVersion,
    ciphertext: Uint8Array,
    options?: EncryptionOptions,
  ): Promise<Uint8Array | undefined> {
    return this.#run(() => this.#module.decrypt(key, ciphertext, options), bytesOrNone);
  }

  wrapKey(key: KeyVersion, unwrappedKey: Uint8Array): Promise<Uint8Array> {
    return this.#run(() => this.#module.wrapKey(key, unwrappedKey), bytes);
  }

  unwrapKey(key: KeyVersion, wrappedKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#run(() => this.#module.unwrapKey(key, wrappedKey), bytesOrNone);
  }

  deriveSecret(key: KeyVersion, publicKey: Uint8Array): Promise<Uint8Array> {
    return this.#run(() => this.#module.deriveSecret(key, publicKey), bytes);
  }

  encapsulate(key: KeyVersion): Promise<Encapsulated> {
    return this.#run(() => this.#module.encapsulate(key), encapsulated);
  }

  decapsulate(key: KeyVersion, ciphertext: Uint8Array): Promise<Uint8Array> {
    return this.#run(() => this.#module.decapsulate(key, ciphertext), bytes);
  }

  check(): Promise<void> {
    return this.#run(() => this.#module.check(), nothing);
  }

  forget(key?: KeyVersionId): void {
    // Where it fails, what the module has is not used all the same: nobody asks it.
    new Promise((resolve) => resolve(this.#module.forget?.(key))).catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#run(() => this.#module.close(), nothing);
  }

  /** A key that comes when nobody waits any more is not left behind. */
  async #make(id: KeyVersionId, make: () => Promise<unknown> | undefined): Promise<GeneratedKey> {
    let late = false;
    const making = (async () => generated(await make(), id))();
    making
      .then(
        (key) => (late ? this.destroyKey?.({...id, ...key}) : undefined),
        () => undefined,
      )
      .catch(() => undefined);
    try {
      return await inTime(making, this.#limits.generationMs);
    } catch (error) {
      late = true;
      throw foreignError(error);
    }
  }

  async #run<T>(call: () => Promise<unknown> | undefined, check: (value: unknown) => T): Promise<T> {
    try {
      return check(await inTime((async () => call())(), this.#limits.operationMs));
    } catch (error) {
      throw foreignError(error);
    }
  }
}
