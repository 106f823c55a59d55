import {createSecretKey, type KeyObject, randomBytes} from 'node:crypto';
import type {Ciphersuite} from '@digitalbazaar/bbs-signatures';
import {MalformedRequestError} from '../../../errors.ts';
import {MAX_BBS_DATA_BYTES, MAX_BBS_MESSAGES, parseBbsMessage} from './bbs-message.ts';
import {requireLength, type SoftwareAlgorithm} from '../software-algorithm.ts';
import type {BbsJob, BbsResult, BbsWorkers} from './bbs-jobs.ts';

/** The order r of the groups of BLS12-381. */
const ORDER = Buffer.from('73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001', 'hex');
const PUBLIC_KEY_LENGTH = 96;
/** A point of G1 and a scalar. */
const SIGNATURE_LENGTH = 48 + 32;

function isScalar(bytes: Buffer): boolean {
  return bytes.some((byte) => byte !== 0) && Buffer.compare(bytes, ORDER) < 0;
}

/** A scalar in [1, r−1], by testing candidates of the 255 bits that r has. */
function generateScalar(): Buffer {
  for (;;) {
    const candidate = randomBytes(ORDER.length);
    candidate.writeUInt8(candidate.readUInt8() & 0x7f);
    if (isScalar(candidate)) return candidate;
  }
}

/**
 * Runs a job that needs the secret, which is in the clear while the job is: in memory that both threads share, so that
 * overwriting it here overwrites it there, even if the thread is no more.
 */
async function runWithSecret(
  workers: BbsWorkers,
  keystoreId: string,
  {key, job}: {readonly key: KeyObject; readonly job: (secretKey: Uint8Array) => BbsJob},
): Promise<Uint8Array> {
  const secretKey = new Uint8Array(new SharedArrayBuffer(ORDER.length));
  try {
    const result = await workers.run(keystoreId, () => {
      const exported = key.export();
      secretKey.set(exported);
      exported.fill(0);
      return job(secretKey);
    });
    return bytesOf(result);
  } finally {
    secretKey.fill(0);
  }
}

function bytesOf(result: BbsResult): Uint8Array {
  if (typeof result === 'boolean') throw new TypeError('The worker answered something else.');
  return result;
}

/**
 * BBS signatures (draft-irtf-cfrg-bbs-signatures) in G1, public keys in G2. The secret is the scalar, 32 bytes
 * big-endian. The arithmetic is JavaScript's BigInt: slow, so in threads of its own; not of constant time; and it
 * leaves copies in memory.
 */
export function bbs(ciphersuite: Ciphersuite, workers: BbsWorkers): SoftwareAlgorithm {
  return {
    cacheWeight: 1,
    generateSecret: generateScalar,
    async open(secret, keystoreId) {
      requireLength(secret, ORDER.length);
      // The library reduces modulo r; one key has one spelling here.
      if (!isScalar(secret)) throw new RangeError('The secret is not in the range of the group.');
      const key = createSecretKey(secret);
      const publicKey = await runWithSecret(workers, keystoreId, {
        key,
        job: (secretKey) => ({operation: 'publicKey', ciphersuite, secretKey}),
      });
      return {
        publicKey,
        async sign(data) {
          const message = parseBbsMessage(data);
          if (!message) {
            throw new MalformedRequestError(
              'The data of a BBS signature is CBOR [header, [message…]] of byte strings, with at most ' +
                `${MAX_BBS_MESSAGES} messages and ${MAX_BBS_DATA_BYTES} bytes.`,
            );
          }
          return runWithSecret(workers, keystoreId, {
            key,
            job: (secretKey) => ({operation: 'sign', ciphersuite, secretKey, publicKey, ...message}),
          });
        },
      };
    },
    openPublicKey(storedPublicKey, keystoreId) {
      requireLength(storedPublicKey, PUBLIC_KEY_LENGTH);
      const publicKey = Uint8Array.from(storedPublicKey);
      return {
        async verify(data, givenSignature) {
          if (givenSignature.length !== SIGNATURE_LENGTH) return false;
          const signature = Uint8Array.from(givenSignature);
          const message = parseBbsMessage(data);
          if (!message) return false;
          const job = {operation: 'verify', ciphersuite, publicKey, signature, ...message} as const;
          return (await workers.run(keystoreId, () => job)) === true;
        },
      };
    },
  };
}
