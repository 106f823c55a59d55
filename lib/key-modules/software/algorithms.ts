import type {KeyAlgorithm} from '../../keys/key-types.ts';
import {aesKw256} from './algorithms/aes-kw.ts';
import type {BbsWorkers} from './algorithms/bbs-jobs.ts';
import {bbs} from './algorithms/bbs.ts';
import {ecdhP256, ecdhP384, ecdhP521} from './algorithms/ecdh.ts';
import {ecdsaP256, ecdsaP384, ecdsaP521} from './algorithms/ecdsa.ts';
import {ed25519} from './algorithms/ed25519.ts';
import {hmacSha256} from './algorithms/hmac-sha256.ts';
import {mlDsa44, mlDsa65, mlDsa87} from './algorithms/ml-dsa.ts';
import {x25519} from './algorithms/x25519.ts';
import type {SoftwareAlgorithm} from './software-algorithm.ts';

export type SoftwareAlgorithms = Readonly<Record<KeyAlgorithm, SoftwareAlgorithm>>;

/** Every algorithm of the key types table. */
export const createSoftwareAlgorithms = (bbsWorkers: BbsWorkers): SoftwareAlgorithms => ({
  Ed25519: ed25519,
  'ECDSA-P-256': ecdsaP256,
  'ECDSA-P-384': ecdsaP384,
  'ECDSA-P-521': ecdsaP521,
  X25519: x25519,
  'ECDH-P-256': ecdhP256,
  'ECDH-P-384': ecdhP384,
  'ECDH-P-521': ecdhP521,
  'HMAC-SHA-256': hmacSha256,
  'AES-KW-256': aesKw256,
  'BBS-BLS12-381-SHA-256': bbs('BLS12-381-SHA-256', bbsWorkers),
  'BBS-BLS12-381-SHAKE-256': bbs('BLS12-381-SHAKE-256', bbsWorkers),
  'ML-DSA-44': mlDsa44,
  'ML-DSA-65': mlDsa65,
  'ML-DSA-87': mlDsa87,
});
