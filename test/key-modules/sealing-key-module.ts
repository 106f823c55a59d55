import {createHmac, randomBytes, timingSafeEqual} from 'node:crypto';
import {
  chooseSignature,
  type CreateKeyModule,
  type GeneratedKey,
  type KeyModuleSealer,
  type KeyType,
  type KeyTypeSupport,
  type KeyVersion,
  type KeyVersionId,
  NotSupportedError,
  PartialKeyModule,
  type SealedMaterial,
  type SignatureOptions,
  UnavailableError,
} from '../../lib/key-module-api.ts';

const HMAC: KeyTypeSupport = {
  operations: ['sign', 'verify'],
  signatureAlgorithms: ['HS256'],
  importable: false,
  extractable: false,
};

const nameOf = ({localKeyId, type, version}: KeyVersionId): Buffer =>
  Buffer.from(JSON.stringify([localKeyId, type, version]));

/** A key module of somebody else that keeps no keys: they lie in the records, sealed under the server's keys. */
export class SealingKeyModule extends PartialKeyModule {
  readonly id: string;
  /** How often it was told to forget. */
  forgotten = 0;
  readonly #sealer: KeyModuleSealer;
  #closed = false;

  constructor(id: string, sealer: KeyModuleSealer) {
    super();
    this.id = id;
    this.#sealer = sealer;
  }

  override keyType(type: KeyType): KeyTypeSupport | undefined {
    return type === 'Sha256HmacKey2019' ? HMAC : undefined;
  }

  override async generateKey(id: KeyVersionId): Promise<GeneratedKey> {
    this.#assertOffered(id);
    const secret = randomBytes(32);
    return this.#sealer.seal(id.keystoreId, secret, nameOf(id));
  }

  async reseal(key: KeyVersion): Promise<Required<SealedMaterial>> {
    const secret = await this.#sealer.open(key.keystoreId, key.material, nameOf(key));
    return this.#sealer.seal(key.keystoreId, secret, nameOf(key));
  }

  override async sign(key: KeyVersion, data: Uint8Array, options?: SignatureOptions): Promise<Uint8Array> {
    this.#assertOffered(key);
    chooseSignature({name: key.type, ...HMAC}, data, options);
    const secret = await this.#sealer.open(key.keystoreId, key.material, nameOf(key));
    return createHmac('sha256', secret).update(data).digest();
  }

  override async verify(
    key: KeyVersion,
    data: Uint8Array,
    signature: Uint8Array,
    options?: SignatureOptions,
  ): Promise<boolean> {
    const expected = await this.sign(key, data, options);
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }

  override async check(): Promise<void> {
    if (this.#closed) throw new UnavailableError('It is closed.');
  }

  forget(): void {
    this.forgotten += 1;
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOffered({type}: KeyVersionId): void {
    if (this.#closed) throw new UnavailableError('It is closed.');
    if (!this.keyType(type)) throw new NotSupportedError('There are no keys of that type here.');
  }
}

/** Those of this process, in the order in which they were made. */
export const sealingKeyModules: SealingKeyModule[] = [];

export const createKeyModule: CreateKeyModule = ({name, sealer}) => {
  const module = new SealingKeyModule(name, sealer);
  sealingKeyModules.push(module);
  return module;
};
