import {extname} from 'node:path';
import type {Ciphersuite} from '@digitalbazaar/bbs-signatures';
import {WorkerPool, type WorkerPoolLimits} from '../worker-pool/worker-pool.ts';
import type {BbsMessage} from './bbs-message.ts';

/** `secretKey` is shared memory: its owner overwrites it for both threads. */
export type BbsJob = {readonly ciphersuite: Ciphersuite} & (
  | {readonly operation: 'publicKey'; readonly secretKey: Uint8Array}
  | ({
      readonly operation: 'sign';
      readonly secretKey: Uint8Array;
      readonly publicKey: Uint8Array;
    } & BbsMessage)
  | ({
      readonly operation: 'verify';
      readonly publicKey: Uint8Array;
      readonly signature: Uint8Array;
    } & BbsMessage)
);

/** Whether a signature verifies, else what was made. */
export type BbsResult = Uint8Array | boolean;

export type BbsWorkers = WorkerPool<BbsJob, BbsResult>;

const LIMITS: WorkerPoolLimits = {
  threads: 1,
  queueLength: 64,
  share: 16,
  // The longest job is of 128 messages: under a second.
  timeLimitMs: 15_000,
};

export function createBbsWorkers(limits: Partial<WorkerPoolLimits> = {}): BbsWorkers {
  // TypeScript where the sources run, JavaScript where the build does.
  const script = new URL(`./bbs-worker${extname(import.meta.url)}`, import.meta.url);
  return new WorkerPool(script, {...LIMITS, ...limits});
}
