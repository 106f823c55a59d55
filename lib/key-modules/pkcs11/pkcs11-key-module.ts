import {timingSafeEqual} from 'node:crypto';
import {InternalError, NotSupportedError, UnavailableError} from '../../errors.ts';
import {BusyError} from '../../job-queue.ts';
import {findKeyType, KEY_TYPES, type KeyType} from '../../keys/key-types.ts';
import type {Pkcs11Token, TokenObject} from '../../pkcs11/pkcs11-token.ts';
import type {KeyOperation} from '../../storage/key-record.ts';
import type {HeldKeys} from '../held-keys.ts';
import type {
  Encapsulated,
  EncryptionOptions,
  GeneratedKey,
  KeyModule,
  KeyTypeSupport,
  KeyVersion,
  KeyVersionId,
  SignatureOptions,
} from '../key-module.ts';
import {
  assertOperation,
  chooseEncryption,
  chooseSignature,
  type OfferedOperations,
} from '../operation-options.ts';
import {createCryptoWorkers, type CryptoWorkers} from '../software/algorithms/crypto-jobs.ts';
import {decodeReference, encodeReference, newObjectId, objectLabel} from './key-reference.ts';
import {PublicKeys} from './public-keys.ts';
import type {KeyInToken, TokenAlgorithm, TokenOperation} from './token-algorithm.ts';
import {TokenHeldKeys} from './token-held-keys.ts';
import {createTokenAlgorithms} from './token-algorithms.ts';
import {generationFailure, lacks, operationFailure} from './token-failure.ts';

/**
 * Does cryptography in a token of PKCS #11. A key version's material is the id of its object, whose value never leaves the
 * token. What a public key does by itself is done in this process. Each signature is verified before it is given away:
 * where an object is not the private key of the stored public key, or the token errs, that is `InternalError`.
 */
export class Pkcs11KeyModule implements KeyModule {
  readonly id = 'pkcs11';
  readonly held: HeldKeys;
  readonly #token: Pkcs11Token;
  readonly #workers: CryptoWorkers = createCryptoWorkers();
  readonly #algorithms = createTokenAlgorithms(this.#workers);
  readonly #support: ReadonlyMap<string, KeyTypeSupport>;
  readonly #publicKeys = new PublicKeys();
  #closed = false;

  /** @param token which it closes with itself */
  constructor({token}: {readonly token: Pkcs11Token}) {
    this.#token = token;
    this.held = new TokenHeldKeys(token);
    this.#support = new Map(
      Object.values(KEY_TYPES).flatMap(({name, algorithm}) => {
        const support = this.#algorithms.get(algorithm)?.support(token.mechanisms);
        return support ? [[name, Object.freeze({...support, importable: false, extractable: false})]] : [];
      }),
    );
  }

  keyType(type: KeyType): KeyTypeSupport | undefined {
    return this.#support.get(type);
  }

  async generateKey(id: KeyVersionId): Promise<GeneratedKey> {
    this.#offered(id);
    const algorithm = this.#algorithm(id);
    const object = {class: algorithm.class, id: newObjectId(), label: objectLabel(id), local: true};
    const {keystoreId: owner} = id;
    let publicKey: Uint8Array | undefined;
    try {
      publicKey = await algorithm.generate(this.#token, {...object, owner});
    } catch (error) {
      if (!(error instanceof BusyError)) await this.#forget(object);
      throw generationFailure(error);
    }
    try {
      if (!(await algorithm.prove(this.#token, object, publicKey)))
        throw new InternalError(new Error('The token made a key that does not do what it should.'));
      const material = encodeReference(object.id);
      return publicKey ? {publicKey: Uint8Array.from(publicKey), material} : {material};
    } catch (error) {
      await this.#forget(object);
      throw generationFailure(error);
    }
  }

  /** What may have been made is nobody's. Where the token is away, reconciling finds it. */
  async #forget(object: TokenObject): Promise<void> {
    await this.#token.destroy(object).catch(() => undefined);
  }

  async destroyKey(key: KeyVersion): Promise<void> {
    const {object} = this.#inToken(key);
    await this.#call(() => this.#token.destroy(object));
  }

  async checkKey(key: KeyVersion): Promise<void> {
    const {algorithm, object} = this.#inToken(key);
    await this.#call(async () => {
      await this.#token.assertExists(object);
      if (await algorithm.prove(this.#token, object, key.publicKey)) return;
      throw new InternalError(new Error('The object of the token is not that of the stored public key.'));
    });
  }

  async sign(key: KeyVersion, data: Uint8Array, options?: SignatureOptions): Promise<Uint8Array> {
    const choice = chooseSignature(this.#offered(key, 'sign'), data, options);
    const {algorithm, object, operation: sign} = this.#operation(key, 'sign');
    return this.#call(async () => {
      for (const last of [false, true]) {
        const signature = await sign(this.#token, object, data, choice);
        if (!algorithm.publicKey) return signature;
        const {verify} = await this.#publicKeys.open(key, algorithm);
        if (await verify?.(data, signature, choice)) return signature;
        if (!last) await this.#token.assertExists(object);
      }
      throw new InternalError(
        new Error('The token gave a signature that the stored public key does not verify.'),
      );
    });
  }

  async verify(
    key: KeyVersion,
    data: Uint8Array,
    signature: Uint8Array,
    options?: SignatureOptions,
  ): Promise<boolean> {
    const choice = chooseSignature(this.#offered(key, 'verify'), data, options);
    const algorithm = this.#algorithm(key);
    if (algorithm.publicKey) {
      const {verify} = await this.#publicKeys.open(key, algorithm);
      if (!verify) throw lacks(key, 'verify');
      return verify(data, signature, choice);
    }
    const {object, operation: sign} = this.#operation(key, 'sign');
    const expected = await this.#call(() => sign(this.#token, object, data, choice));
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  }

  async encrypt(key: KeyVersion, plaintext: Uint8Array, options?: EncryptionOptions): Promise<Uint8Array> {
    const {additionalData} = chooseEncryption(this.#offered(key, 'encrypt'), options);
    const algorithm = this.#algorithm(key);
    if (algorithm.publicKey) {
      const {encrypt} = await this.#publicKeys.open(key, algorithm);
      if (!encrypt) throw lacks(key, 'encrypt');
      return encrypt(plaintext, additionalData);
    }
    const {object, operation: encrypt} = this.#operation(key, 'encrypt');
    return this.#call(() => encrypt(this.#token, object, plaintext, additionalData));
  }

  async decrypt(
    key: KeyVersion,
    ciphertext: Uint8Array,
    options?: EncryptionOptions,
  ): Promise<Uint8Array | undefined> {
    const {additionalData} = chooseEncryption(this.#offered(key, 'decrypt'), options);
    const {object, operation: decrypt} = this.#operation(key, 'decrypt');
    return this.#call(() => decrypt(this.#token, object, ciphertext, additionalData));
  }

  async wrapKey(key: KeyVersion, unwrappedKey: Uint8Array): Promise<Uint8Array> {
    this.#offered(key, 'wrapKey');
    const {object, operation: wrapKey} = this.#operation(key, 'wrapKey');
    return this.#call(() => wrapKey(this.#token, object, unwrappedKey));
  }

  async unwrapKey(key: KeyVersion, wrappedKey: Uint8Array): Promise<Uint8Array | undefined> {
    this.#offered(key, 'unwrapKey');
    const {object, operation: unwrapKey} = this.#operation(key, 'unwrapKey');
    return this.#call(() => unwrapKey(this.#token, object, wrappedKey));
  }

  async deriveSecret(key: KeyVersion, publicKey: Uint8Array): Promise<Uint8Array> {
    this.#offered(key, 'deriveSecret');
    const {object, operation: deriveSecret} = this.#operation(key, 'deriveSecret');
    return this.#call(() => deriveSecret(this.#token, object, publicKey));
  }

  async encapsulate(key: KeyVersion): Promise<Encapsulated> {
    this.#offered(key, 'encapsulate');
    throw lacks(key, 'encapsulate');
  }

  async decapsulate(key: KeyVersion): Promise<Uint8Array> {
    this.#offered(key, 'decapsulate');
    throw lacks(key, 'decapsulate');
  }

  async check(): Promise<void> {
    this.#assertOpen();
    await this.#call(() => this.#token.check());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#publicKeys.clear();
    await Promise.all([this.#token.close(), this.#workers.close()]);
  }

  #assertOpen(): void {
    if (this.#closed) throw new UnavailableError('The key module is closed.');
  }

  /** @throws NotSupportedError where the module does not do that with keys of the type */
  #offered({type}: KeyVersionId, operation?: KeyOperation): OfferedOperations {
    this.#assertOpen();
    const support = this.keyType(type);
    if (!support) throw new NotSupportedError('The token has no keys of this type.');
    const offered = {name: type, ...support};
    if (operation) assertOperation(offered, operation);
    return offered;
  }

  #algorithm({type}: KeyVersionId): TokenAlgorithm {
    const keyType = findKeyType(type);
    const algorithm = keyType && this.#algorithms.get(keyType.algorithm);
    if (!algorithm) throw new NotSupportedError('The token has no keys of this type.');
    return algorithm;
  }

  #inToken(key: KeyVersion): KeyInToken {
    this.#assertOpen();
    const algorithm = this.#algorithm(key);
    const named = {id: decodeReference(key.material), label: objectLabel(key)};
    return {algorithm, object: {class: algorithm.class, ...named, owner: key.keystoreId, local: true}};
  }

  #operation<N extends TokenOperation>(
    key: KeyVersion,
    name: N,
  ): KeyInToken & {readonly operation: NonNullable<TokenAlgorithm[N]>} {
    const inToken = this.#inToken(key);
    const operation = inToken.algorithm[name];
    if (!operation) throw lacks(key, name);
    return {...inToken, operation};
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw operationFailure(error);
    }
  }
}
