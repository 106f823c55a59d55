import type {KeyAlgorithm} from '../../keys/key-algorithms.ts';
import {aes256Gcm} from './algorithms/aes-gcm.ts';
import {aesKw256} from './algorithms/aes-kw.ts';
import type {BbsWorkers} from './algorithms/bbs-jobs.ts';
import {bbs} from './algorithms/bbs.ts';
import type {CryptoWorkers} from './algorithms/crypto-jobs.ts';
import {P256, P384, P521, SECP256K1} from './algorithms/ec-curve.ts';
import {ecdhP256, ecdhP384, ecdhP521} from './algorithms/ecdh.ts';
import {ecdsa} from './algorithms/ecdsa.ts';
import {ed25519} from './algorithms/ed25519.ts';
import {hmacSha256} from './algorithms/hmac-sha256.ts';
import {mlDsa44, mlDsa65, mlDsa87} from './algorithms/ml-dsa.ts';
import {mlKem768} from './algorithms/ml-kem.ts';
import {rsa} from './algorithms/rsa.ts';
import {x25519} from './algorithms/x25519.ts';
import type {SoftwareAlgorithm} from './software-algorithm.ts';

export type SoftwareAlgorithms = Readonly<Record<KeyAlgorithm, SoftwareAlgorithm>>;

/** Every algorithm of the key types table. */
export const createSoftwareAlgorithms = (
  bbsWorkers: BbsWorkers,
  cryptoWorkers: CryptoWorkers,
): SoftwareAlgorithms => ({
  Ed25519: ed25519,
  'ECDSA-P-256': ecdsa(P256, cryptoWorkers),
  'ECDSA-P-384': ecdsa(P384, cryptoWorkers),
  'ECDSA-P-521': ecdsa(P521, cryptoWorkers),
  'ECDSA-secp256k1': ecdsa(SECP256K1, cryptoWorkers),
  X25519: x25519,
  'ECDH-P-256': ecdhP256,
  'ECDH-P-384': ecdhP384,
  'ECDH-P-521': ecdhP521,
  'HMAC-SHA-256': hmacSha256,
  'AES-KW-256': aesKw256(cryptoWorkers),
  'AES-256-GCM': aes256Gcm,
  'RSA-2048': rsa(2048, cryptoWorkers),
  'RSA-3072': rsa(3072, cryptoWorkers),
  'RSA-4096': rsa(4096, cryptoWorkers),
  'BBS-BLS12-381-SHA-256': bbs('BLS12-381-SHA-256', bbsWorkers),
  'BBS-BLS12-381-SHAKE-256': bbs('BLS12-381-SHAKE-256', bbsWorkers),
  'ML-DSA-44': mlDsa44,
  'ML-DSA-65': mlDsa65,
  'ML-DSA-87': mlDsa87,
  'ML-KEM-768': mlKem768,
});
