import type {KeyAlgorithm} from '../../keys/key-algorithms.ts';
import type {CryptoWorkers} from '../software/algorithms/crypto-jobs.ts';
import {P256, P384, P521, SECP256K1} from '../software/algorithms/ec-curve.ts';
import {tokenAes256Gcm} from './algorithms/aes-gcm.ts';
import {tokenAesKw256} from './algorithms/aes-kw.ts';
import {tokenEcdsa} from './algorithms/ecdsa.ts';
import {tokenEd25519} from './algorithms/ed25519.ts';
import {tokenHmacSha256} from './algorithms/hmac-sha256.ts';
import {tokenEcdh, tokenX25519} from './algorithms/key-agreement.ts';
import {tokenRsa} from './algorithms/rsa.ts';
import type {TokenAlgorithm} from './token-algorithm.ts';

/** What tokens can do, of all that there is. What a public key does by itself is done here, if it takes long in `workers`. */
export function createTokenAlgorithms(workers: CryptoWorkers): ReadonlyMap<KeyAlgorithm, TokenAlgorithm> {
  return new Map<KeyAlgorithm, TokenAlgorithm>([
    ['Ed25519', tokenEd25519],
    ['ECDSA-P-256', tokenEcdsa(P256, 'ES256', 'SHA-256', workers)],
    ['ECDSA-P-384', tokenEcdsa(P384, 'ES384', 'SHA-384', workers)],
    ['ECDSA-P-521', tokenEcdsa(P521, 'ES512', 'SHA-512', workers)],
    ['ECDSA-secp256k1', tokenEcdsa(SECP256K1, 'ES256K', 'SHA-256', workers)],
    ['X25519', tokenX25519],
    ['ECDH-P-256', tokenEcdh(P256)],
    ['ECDH-P-384', tokenEcdh(P384)],
    ['ECDH-P-521', tokenEcdh(P521)],
    ['HMAC-SHA-256', tokenHmacSha256],
    ['AES-KW-256', tokenAesKw256],
    ['AES-256-GCM', tokenAes256Gcm],
    ['RSA-2048', tokenRsa(2048, workers)],
    ['RSA-3072', tokenRsa(3072, workers)],
    ['RSA-4096', tokenRsa(4096, workers)],
  ]);
}
