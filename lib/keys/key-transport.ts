import {
  constants,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import {MalformedRequestError} from '../errors.ts';
import {unwrapPadded, wrapPadded} from './aes-kwp.ts';

/** A key on its way: under AES-KWP with a 256 bit key, which is under RSA-OAEP with SHA-256 (MGF1 the same, no label). */
export interface TransportedKey {
  readonly wrappedKey: Uint8Array;
  readonly encryptedWrappingKey: Uint8Array;
}

const OAEP = {padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256'};
const WRAPPING_KEY_BYTES = 32;
const MIN_MODULUS_BITS = 2048;
const MAX_MODULUS_BITS = 8192;
const PUBLIC_EXPONENT = 65_537n;

/**
 * Reads the public key that a key is to go to.
 * @param der DER of the SubjectPublicKeyInfo of an RSA key of 2048 to 8192 bits whose exponent is 65,537; nothing after it
 * @throws MalformedRequestError where it is anything else.
 */
export function parseRecipient(der: Uint8Array): KeyObject {
  const spki = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  const key = openSpki(spki);
  const {modulusLength = 0, publicExponent} = key.asymmetricKeyDetails ?? {};
  const isAccepted =
    key.asymmetricKeyType === 'rsa' &&
    modulusLength >= MIN_MODULUS_BITS &&
    modulusLength <= MAX_MODULUS_BITS &&
    publicExponent === PUBLIC_EXPONENT &&
    key.export({format: 'der', type: 'spki'}).equals(spki);
  if (!isAccepted) throw notRecipient();
  return key;
}

/** Wraps a key under a fresh one that only the holder of `recipient`'s private key learns. */
export function wrapForTransport(recipient: KeyObject, key: Uint8Array): TransportedKey {
  const wrappingKey = randomBytes(WRAPPING_KEY_BYTES);
  try {
    const encryptedWrappingKey = publicEncrypt({key: recipient, ...OAEP}, wrappingKey);
    return {wrappedKey: wrapPadded(wrappingKey, key), encryptedWrappingKey};
  } finally {
    wrappingKey.fill(0);
  }
}

/**
 * Opens what `wrapForTransport` made. The caller zeroes what comes out.
 * @returns the key, or undefined where it does not open, whatever the reason.
 */
export function unwrapTransported(
  privateKey: KeyObject,
  {wrappedKey, encryptedWrappingKey}: TransportedKey,
): Buffer | undefined {
  const wrappingKey = decryptWrappingKey(privateKey, encryptedWrappingKey);
  try {
    return unwrapPadded(wrappingKey, wrappedKey);
  } finally {
    wrappingKey.fill(0);
  }
}

/** Where it does not decrypt, a key that opens nothing: what follows is the same (RFC 8017 §7.1.2, note). */
function decryptWrappingKey(privateKey: KeyObject, encrypted: Uint8Array): Buffer {
  try {
    const decrypted = privateDecrypt({key: privateKey, ...OAEP}, encrypted);
    if (decrypted.length === WRAPPING_KEY_BYTES) return decrypted;
    decrypted.fill(0);
  } catch {
    // As below.
  }
  return randomBytes(WRAPPING_KEY_BYTES);
}

function openSpki(key: Buffer): KeyObject {
  try {
    return createPublicKey({key, format: 'der', type: 'spki'});
  } catch (cause) {
    throw notRecipient(cause);
  }
}

function notRecipient(cause?: unknown): MalformedRequestError {
  return new MalformedRequestError(
    'The recipient\'s "publicKey" must be an RSA key of 2048 to 8192 bits with the exponent 65,537, as SubjectPublicKeyInfo.',
    {cause},
  );
}
