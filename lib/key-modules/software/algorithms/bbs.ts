import {createSecretKey} from 'node:crypto';
import {MalformedRequestError} from '../../../errors.ts';
import {asBuffer, requireLength, type SoftwareAlgorithm} from '../software-algorithm.ts';

/** The order r of the groups of BLS12-381. */
const ORDER = Buffer.from('73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001', 'hex');

// Loading takes 150 ms: only servers that use BBS pay for it.
const load = async () => ({
  ...(await import('@digitalbazaar/bbs-signatures')),
  ...(await import('./bbs-message.ts')),
});

/**
 * BBS signatures (draft-irtf-cfrg-bbs-signatures) in G1, public keys in G2. The secret is the scalar, 32 bytes
 * big-endian. The arithmetic is JavaScript's BigInt: not of constant time, and it leaves copies in memory.
 */
function bbs(ciphersuite: 'BLS12-381-SHA-256' | 'BLS12-381-SHAKE-256'): SoftwareAlgorithm {
  return {
    cacheWeight: 1,
    async generateSecret() {
      const {generateKeyPair} = await load();
      const {secretKey} = await generateKeyPair({ciphersuite});
      return asBuffer(secretKey);
    },
    async open(secret) {
      requireLength(secret, ORDER.length);
      // The library reduces modulo r; one key has one spelling here.
      if (Buffer.compare(secret, ORDER) >= 0)
        throw new RangeError('The secret is not in the range of the group.');
      const {MAX_BBS_MESSAGES, parseBbsMessage, secretKeyToPublicKey, sign} = await load();
      const publicKey = await secretKeyToPublicKey({secretKey: secret, ciphersuite});
      const key = createSecretKey(secret);
      return {
        publicKey,
        async sign(data) {
          const message = parseBbsMessage(data);
          if (!message) {
            throw new MalformedRequestError(
              `The data of a BBS signature is CBOR [header, [message…]] of byte strings, with at most ${MAX_BBS_MESSAGES} messages.`,
            );
          }
          const secretKey = key.export();
          try {
            return await sign({secretKey, publicKey, ...message, ciphersuite});
          } finally {
            secretKey.fill(0);
          }
        },
      };
    },
    async openPublicKey(publicKey) {
      requireLength(publicKey, 96);
      const {parseBbsMessage, verifySignature} = await load();
      return {
        async verify(data, signature) {
          const message = parseBbsMessage(data);
          if (!message) return false;
          try {
            return await verifySignature({publicKey, signature, ...message, ciphersuite});
          } catch {
            // How the library says that a signature is of the wrong length or not a point.
            return false;
          }
        },
      };
    },
  };
}

export const bbsSha256 = bbs('BLS12-381-SHA-256');
export const bbsShake256 = bbs('BLS12-381-SHAKE-256');
