// A key module as somebody else writes it. It stands for an HSM: keys stay in it, the server gets references. As its keys are
// in memory only, they are gone when the server stops: for trying out, and as a pattern. docs/guides/key-modules.md
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import {
  assertOperation,
  chooseEncryption,
  chooseSignature,
  type CreateKeyModule,
  type EncryptionOptions,
  type GeneratedKey,
  InternalError,
  type KeyOperation,
  type KeyType,
  type KeyTypeSupport,
  type KeyVersion,
  type KeyVersionId,
  MalformedRequestError,
  NotSupportedError,
  type OfferedOperations,
  PartialKeyModule,
  type SignatureOptions,
  UnavailableError,
} from '../lib/key-module-api.ts';

/** Keys never leave; secrets of HMAC keys may be brought. */
const TYPES: ReadonlyMap<KeyType, KeyTypeSupport> = new Map<KeyType, KeyTypeSupport>([
  [
    'Ed25519VerificationKey2020',
    {
      operations: ['sign', 'verify'],
      signatureAlgorithms: ['EdDSA'],
      importable: false,
      extractable: false,
    },
  ],
  [
    'Sha256HmacKey2019',
    {operations: ['sign', 'verify'], signatureAlgorithms: ['HS256'], importable: true, extractable: false},
  ],
  [
    'urn:webkms:symmetric:AES-256-GCM',
    {
      operations: ['encrypt', 'decrypt'],
      encryptionAlgorithms: ['A256GCM'],
      importable: false,
      extractable: false,
    },
  ],
]);

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Of the DER of a public key: the last of it (RFC 8410). */
const ED25519_BYTES = 32;

interface Entry {
  readonly id: KeyVersionId;
  readonly pair?: {readonly privateKey: KeyObject; readonly publicKey: KeyObject};
  readonly secret?: Buffer;
}

export class MemoryKeyModule extends PartialKeyModule {
  readonly id: string;
  /** By reference: a name that is given once, so that two keys of one identity (of two servers at once) stay two. */
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  constructor(id: string) {
    super();
    this.id = id;
  }

  /** How many keys it keeps. */
  get size(): number {
    return this.#entries.size;
  }

  override keyType(type: KeyType): KeyTypeSupport | undefined {
    return TYPES.get(type);
  }

  override async generateKey(id: KeyVersionId): Promise<GeneratedKey> {
    this.#offered(id);
    if (id.type !== 'Ed25519VerificationKey2020') return this.#keep({id, secret: randomBytes(32)});
    const pair = generateKeyPairSync('ed25519');
    return {...this.#keep({id, pair}), publicKey: rawPublicKey(pair)};
  }

  async importKey(id: KeyVersionId, secret: Uint8Array): Promise<GeneratedKey> {
    this.#offered(id);
    if (id.type !== 'Sha256HmacKey2019') throw new NotSupportedError('Such keys are not imported.');
    if (secret.length !== 32) throw new MalformedRequestError('An HMAC key has 32 bytes here.');
    return this.#keep({id, secret: Buffer.from(secret)});
  }

  async destroyKey({material}: KeyVersion): Promise<void> {
    const reference = Buffer.from(material).toString();
    this.#entries.get(reference)?.secret?.fill(0);
    this.#entries.delete(reference);
  }

  async checkKey(key: KeyVersion): Promise<void> {
    const {pair} = this.#entry(key);
    if (pair && !rawPublicKey(pair).equals(key.publicKey ?? Buffer.of())) {
      throw new InternalError(new Error('The key has another public key.'));
    }
  }

  override async sign(key: KeyVersion, data: Uint8Array, options?: SignatureOptions): Promise<Uint8Array> {
    chooseSignature(this.#offered(key, 'sign'), data, options);
    const {pair, secret = Buffer.of()} = this.#entry(key);
    return pair ? sign(null, data, pair.privateKey) : createHmac('sha256', secret).update(data).digest();
  }

  override async verify(
    key: KeyVersion,
    data: Uint8Array,
    signature: Uint8Array,
    options?: SignatureOptions,
  ): Promise<boolean> {
    chooseSignature(this.#offered(key, 'verify'), data, options);
    const {pair} = this.#entry(key);
    if (pair) return verify(null, data, pair.publicKey, signature);
    const expected = await this.sign(key, data, options);
    return signature.length === expected.length && timingSafeEqual(expected, signature);
  }

  override async encrypt(
    key: KeyVersion,
    plaintext: Uint8Array,
    options?: EncryptionOptions,
  ): Promise<Uint8Array> {
    const {additionalData} = chooseEncryption(this.#offered(key, 'encrypt'), options);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#secret(key), nonce).setAAD(additionalData);
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  override async decrypt(
    key: KeyVersion,
    ciphertext: Uint8Array,
    options?: EncryptionOptions,
  ): Promise<Uint8Array | undefined> {
    const {additionalData} = chooseEncryption(this.#offered(key, 'decrypt'), options);
    const secret = this.#secret(key);
    if (ciphertext.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const nonce = ciphertext.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', secret, nonce, {authTagLength: TAG_BYTES});
    decipher.setAAD(additionalData).setAuthTag(ciphertext.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(ciphertext.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      return undefined;
    }
  }

  override async check(): Promise<void> {
    this.#assertOpen();
  }

  override async close(): Promise<void> {
    this.#closed = true;
    for (const {secret} of this.#entries.values()) secret?.fill(0);
    this.#entries.clear();
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError('The key module is closed.');
  }

  /** @throws NotSupportedError where keys of that type, or that operation, are none that it has. */
  #offered({type}: KeyVersionId, operation?: KeyOperation): OfferedOperations {
    this.#assertOpen();
    const support = TYPES.get(type);
    if (!support) throw new NotSupportedError('There are no keys of that type here.');
    const offered = {name: type, ...support};
    if (operation) assertOperation(offered, operation);
    return offered;
  }

  #keep(entry: Entry): GeneratedKey {
    const reference = randomUUID();
    this.#entries.set(reference, entry);
    return {material: Buffer.from(reference)};
  }

  /** What the reference stands for, if that is a key of that identity. */
  #entry(key: KeyVersion): Entry {
    const entry = this.#entries.get(Buffer.from(key.material).toString());
    const isSame =
      entry?.id.keystoreId === key.keystoreId &&
      entry.id.localKeyId === key.localKeyId &&
      entry.id.type === key.type &&
      entry.id.version === key.version;
    if (!isSame) throw new InternalError(new Error('There is no such key in the key module.'));
    return entry;
  }

  #secret(key: KeyVersion): Buffer {
    const {secret} = this.#entry(key);
    if (!secret) throw new InternalError(new Error('The key has no secret.'));
    return secret;
  }
}

function rawPublicKey({publicKey}: NonNullable<Entry['pair']>): Buffer {
  return publicKey.export({format: 'der', type: 'spki'}).subarray(-ED25519_BYTES);
}

export const createKeyModule: CreateKeyModule = ({name, log}) => {
  log.warn({}, 'keys of this key module are lost when the server stops');
  return new MemoryKeyModule(name);
};
