import type {KeyObject} from 'node:crypto';
import {extname} from 'node:path';
import {WorkerPool} from '../worker-pool/worker-pool.ts';
import type {NamedCurve} from './ec-curve.ts';

/** What node:crypto does on the calling thread alone, or not at all, and takes too long for the event loop. */
export type CryptoJob =
  /** RSADP of `encoded`, as long as the modulus (RFC 8017 §5.1.2). */
  | {readonly operation: 'rsaPrivate'; readonly privateKey: KeyObject; readonly encoded: Uint8Array}
  | {
      readonly operation: 'ecdsaSign';
      readonly curve: NamedCurve;
      readonly privateKey: KeyObject;
      readonly digest: Uint8Array;
    }
  | {
      readonly operation: 'ecdsaVerify';
      readonly curve: NamedCurve;
      /** A compressed point. */
      readonly publicKey: Uint8Array;
      readonly digest: Uint8Array;
      /** r‖s */
      readonly signature: Uint8Array;
    }
  /** Wraps `secret`, shared memory that its owner overwrites (RFC 3394). */
  | {readonly operation: 'aesWrap'; readonly key: KeyObject; readonly secret: Uint8Array}
  /** Writes what it unwraps into `secret`, shared memory that its owner overwrites; false where it does not open. */
  | {
      readonly operation: 'aesUnwrap';
      readonly key: KeyObject;
      readonly wrapped: Uint8Array;
      readonly secret: Uint8Array;
    }
  /** Writes a new key as PKCS#1 into `secret`, shared memory that its owner overwrites; the result is its length. */
  | {readonly operation: 'rsaGenerate'; readonly modulusLength: number; readonly secret: Uint8Array}
  /** Judges `secret`, a PKCS#1 in shared memory that its owner overwrites: true, or what is wrong with it. */
  | {readonly operation: 'rsaCheck'; readonly modulusLength: number; readonly secret: Uint8Array};

export type CryptoResult = Uint8Array | boolean | number | string;

export interface CryptoWorkers {
  /** For signatures, and whatever else takes milliseconds. */
  readonly signatures: WorkerPool<CryptoJob, CryptoResult>;
  /** For making RSA keys, which takes as long as luck will have it, seconds at 4096 bits; and for judging those made elsewhere. */
  readonly generation: WorkerPool<CryptoJob, CryptoResult>;
  /** As `WorkerPool.retireThreads`. */
  retireThreads(): void;
  close(): Promise<void>;
}

export function createCryptoWorkers(): CryptoWorkers {
  // TypeScript where the sources run, JavaScript where the build does.
  const script = new URL(`./crypto-worker${extname(import.meta.url)}`, import.meta.url);
  const signatures = new WorkerPool<CryptoJob, CryptoResult>(script, {
    threads: 1,
    queueLength: 4096,
    share: 1024,
    timeLimitMs: 15_000,
  });
  const generation = new WorkerPool<CryptoJob, CryptoResult>(script, {
    threads: 1,
    queueLength: 64,
    share: 16,
    timeLimitMs: 120_000,
  });
  return {
    signatures,
    generation,
    retireThreads() {
      signatures.retireThreads();
      generation.retireThreads();
    },
    async close() {
      await Promise.all([signatures.close(), generation.close()]);
    },
  };
}

export function bytesOf(result: CryptoResult): Uint8Array {
  if (!(result instanceof Uint8Array)) throw new TypeError('The worker answered something else.');
  return result;
}
