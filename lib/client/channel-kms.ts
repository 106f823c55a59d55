import {encodeBase64url} from '../encoding/base64url.ts';
import {InvalidStateError, MalformedRequestError, NotFoundError, OperationFailedError} from '../errors.ts';
import {findKeyType, type KeyTypeDescriptor} from '../keys/key-types.ts';
import {formatPublicKey} from '../keys/public-key.ts';
import {UnexpectedReplyError} from './client-errors.ts';
import {KmsPrivateKey, KmsSecretKey} from './key-handles.ts';
import {assertIsKey, assertIsOfKeystore, type DescribedKey, readDescribedKey} from './key-info.ts';
import {type KeyReference, parseKeyReference} from './key-reference.ts';
import type {KmsChannel, OperationName, WireOperation} from './kms-channel.ts';
import type {EncryptOptions, PrivateKey, PublicKey, SecretKey, Signature, SignOptions} from './kms.ts';
import {KmsPublicKey} from './public-key.ts';
import {Reply} from './reply.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * Uses keys through a channel: what both implementations of `Kms` have in common. What comes over the channel is not believed to
 * be what was asked for. A name is looked up at each use, since it may be another key's by then; a URL is not.
 */
export abstract class ChannelKms {
  readonly serviceIdentifier: string;
  #channel: KmsChannel | undefined;

  protected constructor(channel: KmsChannel) {
    this.serviceIdentifier = channel.keystoreId;
    this.#channel = channel;
  }

  async getPublicKey(kid: string, {version}: {readonly version?: number} = {}): Promise<PublicKey> {
    const reference = this.reference(kid);
    const key = await this.describe(reference);
    const asked = version ?? reference.version ?? key.info.currentVersion;
    if (!key.info.versions.some((known) => known.version === asked)) {
      throw new NotFoundError('Key version not found.');
    }
    return new KmsPublicKey(key, asked);
  }

  async getPublicKeys(): Promise<readonly PublicKey[]> {
    const keys: PublicKey[] = [];
    for await (const key of this.describeAll()) {
      if (key.type.publicKey) keys.push(new KmsPublicKey(key, key.info.currentVersion));
    }
    return keys;
  }

  async getPrivateKey(kid: string): Promise<PrivateKey> {
    return new KmsPrivateKey(this, await this.describe(assertNoVersion(this.reference(kid))));
  }

  async getSecretKey(kid: string): Promise<SecretKey> {
    return new KmsSecretKey(this, await this.describe(assertNoVersion(this.reference(kid))));
  }

  async sign(kid: string, data: Uint8Array, options: SignOptions = {}): Promise<Signature> {
    const reply = await this.operate(kid, 'SignOperation', signedMembers(data, options));
    return {signature: reply.bytes('signatureValue'), keyVersion: reply.optionalCount('keyVersion', 1) ?? 1};
  }

  async verify(
    kid: string,
    data: Uint8Array,
    signature: Uint8Array,
    options: SignOptions & {readonly keyVersion?: number} = {},
  ): Promise<boolean> {
    const keyVersion = options.keyVersion ?? this.reference(kid).version;
    const reply = await this.operate(kid, 'VerifyOperation', {
      ...signedMembers(data, options),
      signatureValue: encodeBase64url(signature),
      ...(keyVersion !== undefined && {keyVersion}),
    });
    return reply.flag('verified');
  }

  async encrypt(kid: string, plaintext: Uint8Array, options: EncryptOptions = {}): Promise<string> {
    const members = {plaintext: encodeBase64url(plaintext), ...encryptionMembers(options)};
    return (await this.operate(kid, 'EncryptOperation', members)).ciphertext('ciphertext');
  }

  async decrypt(kid: string, ciphertext: string, options: EncryptOptions = {}): Promise<Uint8Array> {
    const members = {ciphertext, ...encryptionMembers(options)};
    return (await this.operate(kid, 'DecryptOperation', members)).bytes('plaintext');
  }

  async wrapKey(kid: string, unwrappedKey: Uint8Array): Promise<Uint8Array> {
    const members = {unwrappedKey: encodeBase64url(unwrappedKey)};
    return (await this.operate(kid, 'WrapKeyOperation', members)).bytes('wrappedKey');
  }

  async unwrapKey(kid: string, wrappedKey: Uint8Array): Promise<Uint8Array> {
    const members = {wrappedKey: encodeBase64url(wrappedKey)};
    const reply = await this.operate(kid, 'UnwrapKeyOperation', members);
    // As WebKMS has it: null says that it does not open.
    if (!reply.isNull('unwrappedKey')) return reply.bytes('unwrappedKey');
    throw new OperationFailedError('The operation failed.');
  }

  async deriveSecret(kid: string, peer: PublicKey): Promise<Uint8Array> {
    const publicKey = describePeer(peer);
    return (await this.operate(kid, 'DeriveSecretOperation', {publicKey})).bytes('secret');
  }

  async decapsulate(kid: string, ciphertext: string): Promise<Uint8Array> {
    return (await this.operate(kid, 'DecapsulateOperation', {ciphertext})).bytes('secret');
  }

  async destroy(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    await channel?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy();
  }

  /** @throws InvalidStateError after `destroy` */
  protected get channel(): KmsChannel {
    if (this.#channel) return this.#channel;
    throw new InvalidStateError('The connection to the key management service was closed by destroy().');
  }

  protected reference(kid: string): KeyReference {
    return parseKeyReference(kid, this.serviceIdentifier);
  }

  /** Runs an operation of the key's. */
  protected async operate(kid: string, type: OperationName, members: Members = {}): Promise<Reply> {
    return (await this.operateOn(kid, type, members)).reply;
  }

  /** @returns also which key it was. */
  protected async operateOn(
    kid: string,
    type: OperationName,
    members: Members,
  ): Promise<{readonly keyId: string; readonly reply: Reply}> {
    const {channel} = this;
    const reference = this.reference(kid);
    if (members['keyVersion'] === undefined) assertNoVersion(reference);
    const keyId = await this.#keyId(reference);
    const operation: WireOperation = {...members, type, invocationTarget: keyId};
    return {keyId, reply: new Reply(await channel.runOnKey(keyId, operation), 'it')};
  }

  /** A key that was made just now. */
  protected async describeNew(keyId: string, type: KeyTypeDescriptor): Promise<DescribedKey> {
    // Before anything is signed for that URL.
    assertIsOfKeystore(keyId, this.serviceIdentifier);
    const key = await this.describe({keyId});
    if (key.type === type) return key;
    throw new UnexpectedReplyError('the key is of another type than was asked for.');
  }

  protected async describe(reference: KeyReference): Promise<DescribedKey> {
    const {channel} = this;
    if (reference.name !== undefined) return this.#findByName(reference.name);
    return assertIsKey(readDescribedKey(await channel.describeKey(reference.keyId)), reference.keyId);
  }

  /** In order of creation. */
  protected async *describeAll(): AsyncGenerator<DescribedKey, void, undefined> {
    let cursor: string | undefined;
    const seen = new Set<string>();
    do {
      const page = await this.#page(cursor === undefined ? {} : {cursor});
      yield* page.keys;
      ({cursor} = page);
      // A cursor that comes again would be followed for ever.
      if (cursor !== undefined && seen.size === seen.add(cursor).size) {
        throw new UnexpectedReplyError('the list goes in a circle.');
      }
    } while (cursor !== undefined);
  }

  async #page(query: {readonly name?: string; readonly cursor?: string}) {
    const list = new Reply(await this.channel.listKeys(query), 'the list of keys');
    const keys = list.list('results', readDescribedKey);
    for (const {info} of keys) assertIsOfKeystore(info.kid, this.serviceIdentifier);
    return {keys, cursor: list.optionalText('cursor')};
  }

  async #keyId({keyId, name}: KeyReference): Promise<string> {
    if (keyId !== undefined) return keyId;
    return (await this.#findByName(name)).info.kid;
  }

  async #findByName(name: string): Promise<DescribedKey> {
    const [key, another] = (await this.#page({name})).keys;
    if (!key) throw new NotFoundError(`No key of this keystore has the name "${name}".`);
    if (another || key.info.tags?.['name'] !== name) {
      throw new UnexpectedReplyError('it is not the one key that has the name.');
    }
    return key;
  }
}

/** What protects does it with the newest version, and what was protected says its version. */
function assertNoVersion(reference: KeyReference): KeyReference {
  if (reference.version === undefined) return reference;
  throw new MalformedRequestError('A version cannot be chosen here: name the key without "?version=".');
}

function signedMembers(data: Uint8Array, {algorithm, hashAlgorithm}: SignOptions): Members {
  const encoded = encodeBase64url(data);
  return {
    ...(hashAlgorithm === undefined ? {verifyData: encoded} : {digest: encoded, hashAlgorithm}),
    ...(algorithm !== undefined && {algorithm}),
  };
}

/** For encryption and what is like it. */
export function encryptionMembers({algorithm, additionalData}: EncryptOptions): Members {
  return {
    ...(algorithm !== undefined && {algorithm}),
    ...(additionalData && {additionalData: encodeBase64url(additionalData)}),
  };
}

/** A public key as `DeriveSecretOperation` takes it. */
function describePeer({keyType, raw}: PublicKey): Members {
  const type = findKeyType(keyType);
  if (!type?.publicKey) throw new UnexpectedReplyError('the peer has no public key.');
  return {type: type.descriptionType, [type.publicKey.member]: formatPublicKey(type.publicKey, raw)};
}
