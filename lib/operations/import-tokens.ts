import {createHash, createPrivateKey, type KeyObject} from 'node:crypto';
import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {MalformedRequestError} from '../errors.ts';
import type {ScopeWrappers} from '../sealing/sealer.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import type {ReplayStore} from '../storage/replay-store.ts';
import {ImportKeyFactory} from './import-key-factory.ts';

/** As for key material: it is under the same protection until it has served. */
const PURPOSE = 'key-material';
const FORMAT = 0x01;
/** Milliseconds since the epoch, big-endian. */
const EXPIRY_BYTES = 6;
const HEADER_BYTES = 1 + EXPIRY_BYTES;
const LIFETIME_MS = 60 * 60 * 1000;
/** Nodes' clocks differ: what one has forgotten as expired is expired for every other, too. */
const REMEMBERED_LONGER_MS = 10 * 60 * 1000;

export interface ImportTokensOptions {
  /** Seal the private keys; the scope is the keystore. */
  readonly wrappers: ScopeWrappers;
  readonly replays: ReplayStore;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What `GetImportParametersOperation` replies. */
export interface ImportParameters {
  /** DER of the SubjectPublicKeyInfo, base64url. */
  readonly publicKey: string;
  readonly importToken: string;
  /** XSD date-time. */
  readonly expires: string;
}

/**
 * One-time RSA-3072 keys under which keys are imported. The server keeps none of them: the client holds the private key, sealed
 * for its keystore, and brings it back with the import. A token is format ‖ expiry ‖ sealed PKCS#8, as base64url.
 */
export class ImportTokens {
  readonly #wrappers: ScopeWrappers;
  readonly #replays: ReplayStore;
  readonly #now: () => number;
  readonly #factory = new ImportKeyFactory();

  constructor({wrappers, replays, now = Date.now}: ImportTokensOptions) {
    this.#wrappers = wrappers;
    this.#replays = replays;
    this.#now = now;
  }

  /**
   * Makes a key for one import into this keystore, within the hour.
   * @throws RateLimitError, UnavailableError where that many are being made now. @throws UnavailableError as sealing does.
   */
  async create(keystoreId: string): Promise<ImportParameters> {
    const {publicKey, privateKey} = await this.#factory.generate(keystoreId);
    const expiresAt = this.#now() + LIFETIME_MS;
    try {
      const wrapper = await this.#wrappers.wrapperFor(keystoreId, PURPOSE, {create: true});
      const sealed = await wrapper.seal(privateKey, additionalData(keystoreId, expiresAt));
      const token = Buffer.concat([header(expiresAt), sealed]);
      return {
        publicKey: encodeBase64url(publicKey),
        importToken: encodeBase64url(token),
        expires: new Date(expiresAt).toISOString(),
      };
    } finally {
      privateKey.fill(0);
    }
  }

  /**
   * The private key of a token, which is used up by this, on every node and before anything is decrypted: who sends a wrapped
   * key that does not open cannot learn from a second one why.
   * @throws MalformedRequestError where the token is not this keystore's, has expired, or was used: one message for all.
   * @throws UnavailableError
   */
  async open(keystoreId: string, importToken: string): Promise<KeyObject> {
    const token = decodeBase64url(importToken);
    if (!token || token.length <= HEADER_BYTES || token[0] !== FORMAT) throw notGood();
    const expiresAt = token.readUIntBE(1, EXPIRY_BYTES);
    if (expiresAt <= this.#now()) throw notGood();
    const privateKey = await this.#openSealed(keystoreId, token.subarray(HEADER_BYTES), expiresAt);
    const digest = createHash('sha256').update('webkms import token\0').update(token).digest();
    const isFirst = await this.#replays.remember(digest, {expiresAt: expiresAt + REMEMBERED_LONGER_MS});
    if (!isFirst) throw notGood();
    return privateKey;
  }

  async #openSealed(keystoreId: string, sealed: Uint8Array, expiresAt: number): Promise<KeyObject> {
    const opened = await this.#unseal(keystoreId, sealed, expiresAt);
    const key = Buffer.from(opened.buffer, opened.byteOffset, opened.byteLength);
    try {
      return createPrivateKey({key, format: 'der', type: 'pkcs8'});
    } finally {
      key.fill(0);
    }
  }

  async #unseal(keystoreId: string, sealed: Uint8Array, expiresAt: number): Promise<Uint8Array> {
    try {
      const wrapper = await this.#wrappers.wrapperFor(keystoreId, PURPOSE);
      return await wrapper.open(sealed, additionalData(keystoreId, expiresAt));
    } catch (error) {
      throw error instanceof SealedBlobError ? notGood(error) : error;
    }
  }
}

function header(expiresAt: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES, FORMAT);
  bytes.writeUIntBE(expiresAt, 1, EXPIRY_BYTES);
  return bytes;
}

/** A token serves one keystore, and not longer than it says. */
function additionalData(keystoreId: string, expiresAt: number): Buffer {
  return Buffer.from(JSON.stringify(['webkms import token', keystoreId, expiresAt]));
}

function notGood(cause?: unknown): MalformedRequestError {
  return new MalformedRequestError(
    'The import token is not good for this keystore, or no longer: ask for another.',
    {cause},
  );
}
