import {setTimeout as sleep} from 'node:timers/promises';
import {InternalError} from '../errors.ts';
import {findKeyType, type KeyType} from '../keys/key-types.ts';
import {foreignError, unavailable} from './foreign-error.ts';
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
} from './key-module.ts';

/** Of one operation; making a key takes some modules longer. */
const OPERATION_MS = 15_000;
const GENERATION_MS = 120_000;
/** What a module may keep in a record. */
const MAX_MATERIAL_BYTES = 65_536;

export interface GuardLimits {
  readonly operationMs?: number;
  readonly generationMs?: number;
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
  readonly #module: KeyModule;
  readonly #limits: Required<GuardLimits>;

  constructor(
    module: KeyModule,
    {operationMs = OPERATION_MS, generationMs = GENERATION_MS}: GuardLimits = {},
  ) {
    this.#module = module;
    this.#limits = {operationMs, generationMs};
    this.id = module.id;
    if (module.importKey) {
      this.importKey = (id, secret) => this.#make(id, () => module.importKey?.(id, secret));
    }
    if (module.exportKey) this.exportKey = (key) => this.#run(() => module.exportKey?.(key), bytes);
    if (module.destroyKey) this.destroyKey = (key) => this.#run(() => module.destroyKey?.(key), nothing);
    if (module.checkKey) this.checkKey = (key) => this.#run(() => module.checkKey?.(key), nothing);
    if (module.reseal) this.reseal = (key) => this.#run(() => module.reseal?.(key), resealed);
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

  forget(): void {
    this.#module.forget?.();
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

/** @throws UnavailableError where it takes longer. */
async function inTime<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  const stopping = new AbortController();
  const late = sleep(limitMs, undefined, {signal: stopping.signal}).then(
    () => {
      throw unavailable(new Error(`The key module gave no answer within ${limitMs} ms.`));
    },
    () => promise,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    stopping.abort();
  }
}

function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw broken('no bytes');
}

function bytesOrNone(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : bytes(value);
}

function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw broken('neither true nor false');
}

function nothing(): void {
  // Whatever it is, nobody looks at it.
}

function encapsulated(value: unknown): Encapsulated {
  const {secret, ciphertext} = members(value);
  return {secret: bytes(secret), ciphertext: bytes(ciphertext)};
}

function material(value: unknown): SealedMaterial {
  const {material: kept, dataKeyVersionId} = members(value);
  const {length} = bytes(kept);
  if (length === 0 || length > MAX_MATERIAL_BYTES) throw broken('material of 0 bytes, or too many');
  if (dataKeyVersionId === undefined) return {material: bytes(kept)};
  if (typeof dataKeyVersionId !== 'string') throw broken('a data key version id that is no string');
  return {material: bytes(kept), dataKeyVersionId};
}

function resealed(value: unknown): Required<SealedMaterial> {
  const {material: kept, dataKeyVersionId} = material(value);
  if (dataKeyVersionId === undefined) throw broken('material that is not sealed');
  return {material: kept, dataKeyVersionId};
}

function generated(value: unknown, {type}: KeyVersionId): GeneratedKey {
  const {publicKey} = members(value);
  const format = findKeyType(type)?.publicKey;
  if (format ? bytes(publicKey).length !== format.length : publicKey !== undefined) {
    throw broken(`a public key that is none of type ${type}`);
  }
  return {...material(value), ...(format && {publicKey: bytes(publicKey)})};
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw broken('no object');
}

function broken(what: string): InternalError {
  return new InternalError(new Error(`The key module gave ${what}.`));
}
