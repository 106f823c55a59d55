import {LRUCache} from 'lru-cache';
import {UnavailableError} from '../errors.ts';
import type {OpenScopeWrappers} from '../sealing/sealer.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {Authenticated, RecordAuthentication} from '../storage/record-authentication.ts';
import {digestInTurns} from './digest-in-turns.ts';
import {encodeContent, encodeKey, keystoreContent} from './record-content.ts';
import {TamperedRecordError, type RecordName} from './tampered-record-error.ts';

const PURPOSE = 'record-mac';
const DOMAIN = 'webkms record v1';
const NOTHING = new Uint8Array();
/** At some 150 bytes each. */
const MAX_REMEMBERED = 16_384;

/** Writes out all that a record says, after what comes before it. */
type Encode = (before: readonly unknown[]) => Uint8Array | Promise<Uint8Array>;

/**
 * Makes and checks the MACs of records: AES-GCM over nothing (GMAC), by the newest data key version of the keystore's
 * purpose `record-mac`, with all that the record says, and that version's id, as additional data. Who has no key can
 * neither write a record, nor change one, nor put one in another's place.
 */
export class RecordAuthenticator {
  readonly #wrappers: OpenScopeWrappers;
  /** SHA-256 of each MAC that was verified, with what it is over: of the same the same would be found again. */
  readonly #verified = new LRUCache<string, true>({max: MAX_REMEMBERED});
  /** What was verified of objects that a store gave: it may give the same again, where it was read again and is the same. */
  readonly #keystores = new WeakMap<Authenticated<KeystoreConfig>, KeystoreConfig>();
  readonly #keys = new WeakMap<Authenticated<KeyRecord>, KeyRecord>();

  constructor({wrappers}: {readonly wrappers: OpenScopeWrappers}) {
    this.#wrappers = wrappers;
  }

  /**
   * With `create`, for a new keystore, whose keys are made first. @throws UnavailableError, SealedError;
   * SealedBlobError where the keystore has no keys
   */
  async authenticateKeystore(
    config: KeystoreConfig,
    {create = false}: {readonly create?: boolean} = {},
  ): Promise<RecordAuthentication> {
    return this.#authenticate(config.id, encodingKeystore(config), create);
  }

  /** @throws as `authenticateKeystore` */
  async authenticateKey(record: KeyRecord): Promise<RecordAuthentication> {
    return this.#authenticate(record.keystoreId, encodingKey(record), false);
  }

  /** @returns the config alone. @throws TamperedRecordError; UnavailableError, SealedError */
  async verifyKeystore(stored: Authenticated<KeystoreConfig>): Promise<KeystoreConfig> {
    const known = this.#keystores.get(stored);
    if (known && this.#wrappers.isOpen(known.id, PURPOSE)) return known;
    const {authentication, ...config} = stored;
    const name = {kind: 'keystore', keystoreId: config.id} as const;
    await this.#verify(name, encodingKeystore(config), authentication);
    this.#keystores.set(stored, Object.freeze(config));
    return config;
  }

  /** @returns the record alone. @throws as `verifyKeystore` */
  async verifyKey(stored: Authenticated<KeyRecord>): Promise<KeyRecord> {
    const known = this.#keys.get(stored);
    if (known && this.#wrappers.isOpen(known.keystoreId, PURPOSE)) return known;
    const {authentication, ...record} = stored;
    const {keystoreId, localKeyId} = record;
    await this.#verify({kind: 'key', keystoreId, localKeyId}, encodingKey(record), authentication);
    this.#keys.set(stored, Object.freeze(record));
    return record;
  }

  async #authenticate(scope: string, encode: Encode, create: boolean): Promise<RecordAuthentication> {
    const wrapper = await this.#wrappers.wrapperFor(scope, PURPOSE, {create});
    const dataKeyVersionId = wrapper.keyId;
    const content = await encode([DOMAIN, dataKeyVersionId]);
    return {mac: await wrapper.seal(NOTHING, content), dataKeyVersionId};
  }

  /** Whatever keeps a stored record from being verified is wrong with it, but for what only time or an operator mends. */
  async #verify(
    name: RecordName,
    encode: Encode,
    {mac, dataKeyVersionId}: RecordAuthentication,
  ): Promise<void> {
    try {
      // With the version's id: a record cannot name another version than that which it needs.
      const content = await encode([DOMAIN, dataKeyVersionId]);
      const digest = await digestInTurns([lengthOf(mac), mac, content]);
      // Also where nothing is opened: not while the server is sealed, nor after the scope's keys were deleted.
      const wrapper = await this.#wrappers.wrapperFor(name.keystoreId, PURPOSE);
      if (this.#verified.get(digest)) return;
      const opened = await wrapper.open(mac, content);
      if (opened.length > 0) throw new TypeError('What was sealed is not a MAC.');
      this.#verified.set(digest, true);
    } catch (cause) {
      throw cause instanceof UnavailableError ? cause : new TamperedRecordError(name, {cause});
    }
  }
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}

function encodingKeystore(config: KeystoreConfig): Encode {
  return (before) => encodeContent([...before, ...keystoreContent(config)]);
}

function encodingKey(record: KeyRecord): Encode {
  return (before) => encodeKey(before, record);
}
