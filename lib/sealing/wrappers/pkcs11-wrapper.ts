import {createHash} from 'node:crypto';
import {formatPkcs11Uri} from '../../encoding/pkcs11-uri.ts';
import {UnavailableError} from '../../errors.ts';
import {encryptAesGcm, openAesGcm, sealAesGcm} from '../../pkcs11/aes-gcm.ts';
import {CKM} from '../../pkcs11/cryptoki.ts';
import {Pkcs11Error} from '../../pkcs11/pkcs11-error.ts';
import {Pkcs11Token, type TokenObject} from '../../pkcs11/pkcs11-token.ts';
import {TokenError, type TokenReason} from '../../pkcs11/token-error.ts';
import {blobHeader, MAX_PLAINTEXT_BYTES, readKeyId} from '../aes-gcm-blob.ts';
import {Redacted} from '../redacted.ts';
import {RootOfTrustError, type RootOfTrustReason} from '../root-of-trust-error.ts';
import type {RootWrapper, RootWrapperScheme} from '../root-wrapper.ts';
import {SealedBlobError} from '../wrapper.ts';
import {parseRootUri, tokenOptions, type Pkcs11Defaults} from './pkcs11-place.ts';
import {findRootKey, makeRootKey} from './pkcs11-root-key.ts';

/**
 * What the fingerprint is made of: its encryption under a nonce of its own, which a random one meets with a probability
 * of 2⁻⁹⁶.
 */
const FINGERPRINT_NONCE = Buffer.from('webkms key 1');
const FINGERPRINT_TEXT = Buffer.from('webkms pkcs11 wrapper v1: key-id');
const FINGERPRINT_BYTES = 16;
/** What passes when the token is there again. */
const AWAY: ReadonlySet<TokenReason> = new Set(['library-missing', 'token-absent', 'token-failed']);
const PROBE = Buffer.from('does the token seal?');

/**
 * The root of trust `pkcs11:token=<label>;object=<label>` (RFC 7512): an AES-256 key that never leaves its token, which seals
 * and opens by AES-GCM itself. Blobs have the format of everything sealed at rest. It gives no sealer: what opens for
 * it would lie outside the token, so that nothing can be sealed for it while it is away.
 */
class Pkcs11Wrapper extends Redacted implements RootWrapper {
  readonly uri: string;
  readonly keyId: string;
  readonly #token: Pkcs11Token;
  readonly #key: TokenObject;

  private constructor(
    uri: string,
    {token, key, keyId}: {token: Pkcs11Token; key: TokenObject; keyId: string},
  ) {
    super();
    this.uri = uri;
    this.#token = token;
    this.#key = key;
    this.keyId = keyId;
  }

  /** @param find the key in the token. @throws RootOfTrustError */
  static async open(
    uri: string,
    defaults: Pkcs11Defaults,
    find: typeof findRootKey | typeof makeRootKey,
  ): Promise<Pkcs11Wrapper> {
    const name = parseRootUri(uri);
    const options = tokenOptions(name, defaults);
    const token = await Pkcs11Token.open(options).catch((error: unknown) => {
      throw rootError(error, uri);
    });
    try {
      assertSealing(token);
      const key = await find(token, name);
      const wrapper = new Pkcs11Wrapper(uri, {token, key, keyId: await fingerprint(token, key)});
      await wrapper.#prove();
      return wrapper;
    } catch (error) {
      await token.close();
      throw rootError(error, uri, find === makeRootKey ? 'unwritable' : 'unreadable');
    }
  }

  /** @throws UnavailableError, RangeError where `plaintext` is longer than `MAX_PLAINTEXT_BYTES` */
  async seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    if (plaintext.length > MAX_PLAINTEXT_BYTES)
      throw new RangeError('The plaintext is too long to be sealed.');
    const header = blobHeader(this.keyId);
    const authenticated = Buffer.concat([header, additionalData]);
    const sealed = await this.#use(() => sealAesGcm(this.#token, this.#key, plaintext, authenticated));
    return Buffer.concat([header, sealed]);
  }

  /** @throws SealedBlobError, UnavailableError */
  async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    if (readKeyId(blob) !== this.keyId) throw new SealedBlobError();
    const header = blobHeader(this.keyId);
    const authenticated = Buffer.concat([header, additionalData]);
    const opened = await this.#use(() =>
      openAesGcm(this.#token, this.#key, blob.subarray(header.length), authenticated),
    );
    if (!opened) throw new SealedBlobError();
    return opened;
  }

  async check(): Promise<void> {
    try {
      await this.#token.check();
      await this.#token.assertExists(this.#key);
      if ((await fingerprint(this.#token, this.#key)) === this.keyId) return;
    } catch (error) {
      throw rootError(error, this.uri);
    }
    throw new RootOfTrustError(
      'foreign-key',
      `The root of trust ${this.uri} is another key than when the server started.`,
    );
  }

  async close(): Promise<void> {
    await this.#token.close();
  }

  /** Some tokens take no nonce but their own, which nobody would know afterwards. */
  async #prove(): Promise<void> {
    const again = await fingerprint(this.#token, this.#key);
    const opened = await this.open(await this.seal(PROBE, FINGERPRINT_TEXT), FINGERPRINT_TEXT).catch(
      () => undefined,
    );
    if (again === this.keyId && opened && PROBE.equals(opened)) return;
    throw new RootOfTrustError(
      'unreadable',
      `The token ${this.#token.description.label} does not open what it has sealed by AES-GCM under a nonce that it was given: it cannot hold a root of trust.`,
    );
  }

  /** What the token refuses that is no answer to what it was given. */
  async #use<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      throw new UnavailableError('The root of trust cannot be used.', {cause: error});
    }
  }
}

/** Roots of trust in tokens; of what their URIs do not say, `defaults`. */
export function pkcs11RootWrappers(defaults: Pkcs11Defaults): RootWrapperScheme {
  return {
    whenForeign: 'Under its label the token has another key.',
    runs: (uri) => {
      const {modulePath = defaults.library, pinSource = defaults.pinFile} = parseRootUri(uri);
      return modulePath !== defaults.library || pinSource !== defaults.pinFile;
    },
    comes: () => true,
    normalize: (uri) => formatPkcs11Uri(parseRootUri(uri)),
    open: (uri) => Pkcs11Wrapper.open(uri, defaults, findRootKey),
    create: (uri) => Pkcs11Wrapper.open(uri, defaults, makeRootKey),
  };
}

/** @returns 16 bytes as base64url, of which nobody learns anything of the key. */
async function fingerprint(token: Pkcs11Token, key: TokenObject): Promise<string> {
  const encrypted = await encryptAesGcm(token, key, {
    nonce: FINGERPRINT_NONCE,
    plaintext: FINGERPRINT_TEXT,
    additionalData: new Uint8Array(),
  });
  const hash = createHash('sha256').update(FINGERPRINT_TEXT).update(encrypted).digest();
  return hash.toString('base64url', 0, FINGERPRINT_BYTES);
}

function assertSealing({mechanisms, description: {label}}: Pkcs11Token): void {
  if (mechanisms.has(CKM.AES_GCM)) return;
  throw new RootOfTrustError(
    'unreadable',
    `The token ${label} has no AES-GCM (CKM_AES_GCM), by which root keys are sealed: it cannot hold a root of trust.`,
  );
}

/** Never `missing` where it is the token that is away: a root is made only where a token says that it has none. */
function rootError(
  error: unknown,
  uri: string,
  reason: Extract<RootOfTrustReason, 'unreadable' | 'unwritable'> = 'unreadable',
): unknown {
  if (error instanceof RootOfTrustError) return error;
  const said =
    error instanceof TokenError || error instanceof Pkcs11Error || error instanceof UnavailableError
      ? error.message
      : 'It failed.';
  return new RootOfTrustError(
    isAway(error) ? 'away' : reason,
    `The root of trust ${uri} cannot be used. ${said}`,
    {cause: error},
  );
}

/** Never where the token refused a PIN: what a person must mend first is not tried again by itself. */
function isAway(error: unknown): boolean {
  if (!(error instanceof TokenError)) return error instanceof UnavailableError;
  const {cause, reason} = error;
  const noPin = reason === 'pin-file' && cause instanceof RootOfTrustError && cause.reason === 'missing';
  return noPin || AWAY.has(reason);
}
