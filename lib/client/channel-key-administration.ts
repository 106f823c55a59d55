import {encodeBase64url} from '../encoding/base64url.ts';
import {NotSupportedError} from '../errors.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {ChannelKms, encryptionMembers} from './channel-kms.ts';
import {UnexpectedReplyError} from './client-errors.ts';
import {exportWrapped, importWrapped} from './carry-keys.ts';
import {readKeyToImport, requireKeyType} from './infer-key-type.ts';
import {KmsPrivateKey, KmsSecretKey} from './key-handles.ts';
import {assertIsKey, type DescribedKey, readDescribedKey} from './key-info.ts';
import type {OperationName} from './kms-channel.ts';
import type {
  EncryptOptions,
  ImportedKey,
  KeyAdministrationKms,
  KeyInfo,
  KeyUpdate,
  NewKeyOptions,
  PrivateKey,
  PublicKey,
  SecretKey,
} from './kms.ts';
import {newKeyTarget} from './new-key-target.ts';
import {KmsPublicKey} from './public-key.ts';
import {Reply} from './reply.ts';

/** Where a request does not say. */
const DATA_KEY_BYTES = 32;

type Members = Readonly<Record<string, unknown>>;
type OfVersion = {readonly keyVersion?: number};

/** Makes keys and looks after them, through a channel: what both implementations of `KeyAdministrationKms` have in common. */
export abstract class ChannelKeyAdministration extends ChannelKms implements KeyAdministrationKms {
  async generateKeyPair(
    alg: string,
    options?: NewKeyOptions,
  ): Promise<{readonly publicKey: PublicKey; readonly privateKey: PrivateKey}> {
    const type = requireKeyType(alg);
    if (!type.publicKey)
      throw new NotSupportedError('Keys of this type have no public key: see generateKey.');
    const key = await this.#generate(type, options);
    return {publicKey: new KmsPublicKey(key, 1), privateKey: new KmsPrivateKey(this, key)};
  }

  async generateKey(alg: string, options?: NewKeyOptions): Promise<SecretKey> {
    const type = requireKeyType(alg);
    if (type.publicKey)
      throw new NotSupportedError('Keys of this type have a public key: see generateKeyPair.');
    return new KmsSecretKey(this, await this.#generate(type, options));
  }

  async createKey(alg: string, options?: NewKeyOptions): Promise<KeyInfo> {
    return (await this.#generate(requireKeyType(alg), options)).info;
  }

  async importPrivateKey(
    key: ImportedKey,
    {alg, ...options}: NewKeyOptions & {readonly alg?: string} = {},
  ): Promise<PrivateKey | SecretKey> {
    const {channel} = this;
    const {type, format, bytes} = readKeyToImport(key, alg);
    try {
      const target = newKeyTarget(type, options);
      const keyId = await importWrapped(channel, target, {format, bytes});
      const made = await this.describeNew(keyId, type);
      return made.type.publicKey ? new KmsPrivateKey(this, made) : new KmsSecretKey(this, made);
    } finally {
      bytes.fill(0);
    }
  }

  async exportPrivateKey(
    kid: string,
    {version}: {readonly version?: number} = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const keyVersion = version ?? this.reference(kid).version;
    return exportWrapped((members) => this.operate(kid, 'ExportKeyOperation', members), keyVersion);
  }

  async *listKeys(): AsyncGenerator<KeyInfo, void, undefined> {
    for await (const {info} of this.describeAll()) yield info;
  }

  async getKey(kid: string): Promise<KeyInfo> {
    return (await this.describe(this.reference(kid))).info;
  }

  async rotateKey(kid: string): Promise<KeyInfo> {
    const {keyId} = await this.operateOn(kid, 'RotateKeyOperation', {});
    return this.getKey(keyId);
  }

  updateKey(kid: string, update: KeyUpdate): Promise<KeyInfo> {
    return this.#change(kid, 'UpdateKeyOperation', {...update});
  }

  disableKey(kid: string, options: OfVersion = {}): Promise<KeyInfo> {
    return this.#change(kid, 'DisableKeyOperation', {...options});
  }

  enableKey(kid: string, options: OfVersion = {}): Promise<KeyInfo> {
    return this.#change(kid, 'EnableKeyOperation', {...options});
  }

  deleteKey(
    kid: string,
    options: OfVersion & {readonly recoveryWindowSeconds?: number} = {},
  ): Promise<KeyInfo> {
    return this.#change(kid, 'DeleteKeyOperation', {...options});
  }

  restoreKey(kid: string): Promise<KeyInfo> {
    return this.#change(kid, 'RestoreKeyOperation');
  }

  async rewrap(kid: string, ciphertext: string, options: EncryptOptions = {}): Promise<string> {
    const members = {ciphertext, ...encryptionMembers(options)};
    return (await this.operate(kid, 'RewrapOperation', members)).ciphertext('ciphertext');
  }

  async generateDataKey(
    kid: string,
    {
      numberOfBytes,
      additionalData,
    }: {readonly numberOfBytes?: number; readonly additionalData?: Uint8Array} = {},
  ): Promise<{readonly plaintext: Uint8Array; readonly ciphertext: string}> {
    const reply = await this.operate(kid, 'GenerateDataKeyOperation', {
      ...(numberOfBytes !== undefined && {numberOfBytes}),
      ...(additionalData && {additionalData: encodeBase64url(additionalData)}),
    });
    const plaintext = reply.bytes('plaintext');
    if (plaintext.length !== (numberOfBytes ?? DATA_KEY_BYTES)) {
      throw new UnexpectedReplyError('the data key has another length.');
    }
    return {plaintext, ciphertext: reply.ciphertext('ciphertext')};
  }

  async #generate(type: KeyTypeDescriptor, options: NewKeyOptions = {}): Promise<DescribedKey> {
    const reply = await this.channel.runOnKeystore({
      type: 'GenerateKeyOperation',
      invocationTarget: newKeyTarget(type, options),
    });
    return this.describeNew(new Reply(reply, 'it').text('keyId'), type);
  }

  /** The reply to a change describes the key as it is then. */
  async #change(kid: string, type: OperationName, members: Members = {}): Promise<KeyInfo> {
    const {keyId, reply} = await this.operateOn(kid, type, members);
    return assertIsKey(readDescribedKey(reply.plainObject('keyDescription')), keyId).info;
  }
}
