import {
  constants,
  type KeyObject,
  publicEncrypt,
  sign,
  type SigningOptions,
  subtle,
  verify,
} from 'node:crypto';
import {promisify} from 'node:util';
import {InternalError, MalformedRequestError} from '../../../errors.ts';
import type {SignatureChoice} from '../../operation-options.ts';
import type {SoftwareAlgorithm} from '../software-algorithm.ts';
import {bytesOf, type CryptoWorkers} from './crypto-jobs.ts';
import {encodedIn, encodePkcs1, encodePss, isEncodedPss} from './rsa-encoding.ts';
import {openRsaPrivateKey, openRsaPublicKey} from './rsa-key.ts';

const {RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING} = constants;
const {RSA_PSS_SALTLEN_DIGEST} = constants;
/** The longest private key: five numbers of half the modulus, two as long as it, and the DER about them. */
const maxSecretLength = (bits: number): number => (bits / 8) * 5;
const OAEP_HASH = 'sha256';
const OAEP = {name: 'RSA-OAEP', hash: 'SHA-256'};
/** Two digests and two bytes (RFC 8017 §7.1.1). */
const OAEP_OVERHEAD = 66;

const signOffThread = promisify(sign);

const isPss = ({algorithm}: SignatureChoice): boolean => algorithm.startsWith('PS');

/** How node:crypto is told of the signature; a salt is exactly as long as the hash, also of what is verified. */
function signingOptions(key: KeyObject, choice: SignatureChoice): SigningOptions & {key: KeyObject} {
  return isPss(choice)
    ? {key, padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST}
    : {key, padding: RSA_PKCS1_PADDING};
}

function hashOf({hash}: SignatureChoice) {
  if (!hash) throw new InternalError(new Error('An RSA signature begins with a hash.'));
  return hash;
}

/**
 * RSA (RFC 8017) with two primes and the exponent 65,537: signatures of PSS and PKCS #1 v1.5, OAEP with SHA-256 for both of
 * its hashes. The secret is the DER of an RSAPrivateKey. Whatever needs it runs off the event loop; OpenSSL blinds it.
 * node:crypto hashes whatever it signs: of a digest the message is encoded here, and the thread does the rest.
 */
export function rsa(bits: number, {signatures, generation}: CryptoWorkers): SoftwareAlgorithm {
  const length = bits / 8;
  return {
    // OpenSSL keeps what it has computed of each number, once more for decryption: 14 to 18 KB.
    cacheWeight: 8,
    publicCacheWeight: 3,
    async generateSecret(keystoreId) {
      const secret = Buffer.from(new SharedArrayBuffer(maxSecretLength(bits)));
      try {
        const job = {operation: 'rsaGenerate', modulusLength: bits, secret} as const;
        const made = await generation.run(keystoreId, () => job);
        return Buffer.from(Uint8Array.from(secret.subarray(0, Number(made))).buffer);
      } finally {
        secret.fill(0);
      }
    },
    async check(given, keystoreId) {
      const secret = new Uint8Array(new SharedArrayBuffer(given.length));
      try {
        const verdict = await generation.run(keystoreId, () => {
          secret.set(given);
          return {operation: 'rsaCheck', modulusLength: bits, secret};
        });
        if (verdict !== true) throw new RangeError(String(verdict));
      } finally {
        secret.fill(0);
      }
    },
    open(secret, keystoreId) {
      const {privateKey, publicKey} = openRsaPrivateKey(secret, bits);
      const decryptionKey = privateKey.toCryptoKey(OAEP, false, ['decrypt']);
      return {
        publicKey,
        async sign(data, choice) {
          const hash = hashOf(choice);
          if (!choice.prehashed) return signOffThread(hash, data, signingOptions(privateKey, choice));
          const encoded = Uint8Array.from((isPss(choice) ? encodePss : encodePkcs1)(hash, data, length));
          const job = {operation: 'rsaPrivate', privateKey, encoded} as const;
          return bytesOf(await signatures.run(keystoreId, () => job));
        },
        async decrypt(ciphertext, label) {
          // RFC 8017 §7.1.2: OpenSSL takes one without its leading zeros for the same number.
          if (ciphertext.length !== length) return undefined;
          try {
            return Buffer.from(
              await subtle.decrypt(
                {...OAEP, label: Uint8Array.from(label)},
                decryptionKey,
                Uint8Array.from(ciphertext),
              ),
            );
          } catch {
            return undefined;
          }
        },
      };
    },
    openPublicKey(publicKey) {
      const key = openRsaPublicKey(publicKey, bits);
      return {
        verify(data, signature, choice) {
          const hash = hashOf(choice);
          if (signature.length !== length) return false;
          if (!choice.prehashed) return verify(hash, data, signingOptions(key, choice), signature);
          const encoded = encodedIn(signature, key);
          if (!encoded) return false;
          return isPss(choice)
            ? isEncodedPss(encoded, hash, data)
            : encodePkcs1(hash, data, length).equals(encoded);
        },
        encrypt(plaintext, label) {
          const most = length - OAEP_OVERHEAD;
          if (plaintext.length > most) {
            throw new MalformedRequestError(`This key encrypts at most ${most} bytes (RFC 8017 §7.1.1).`);
          }
          const options = {key, padding: RSA_PKCS1_OAEP_PADDING, oaepHash: OAEP_HASH, oaepLabel: label};
          return publicEncrypt(options, plaintext);
        },
      };
    },
  };
}
