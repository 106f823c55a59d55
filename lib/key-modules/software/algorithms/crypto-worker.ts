// The script of the threads for what node:crypto does not do off the event loop.
import {constants, generateKeyPairSync, privateEncrypt} from 'node:crypto';
import {p256, p384, p521} from '@noble/curves/nist.js';
import {secp256k1} from '@noble/curves/secp256k1.js';
import {serveJobs} from '../worker-pool/serve-jobs.ts';
import {unwrapAes, wrapAes} from './aes-wrap.ts';
import type {CryptoJob, CryptoResult} from './crypto-jobs.ts';
import {EC_CURVES, type NamedCurve} from './ec-curve.ts';
import {signDigest} from './ecdsa-digest.ts';
import {checkRsaPrivateKey} from './rsa-key.ts';

const NOBLE_CURVES = {'P-256': p256, 'P-384': p384, 'P-521': p521, secp256k1} as const satisfies Record<
  NamedCurve,
  unknown
>;

serveJobs(async (job: CryptoJob): Promise<CryptoResult> => {
  switch (job.operation) {
    case 'rsaPrivate':
      return privateEncrypt({key: job.privateKey, padding: constants.RSA_NO_PADDING}, job.encoded);
    case 'ecdsaSign':
      return signDigest(EC_CURVES[job.curve], job.privateKey, job.digest);
    case 'ecdsaVerify':
      return NOBLE_CURVES[job.curve].verify(job.signature, job.digest, job.publicKey, {
        prehash: false,
        lowS: false,
        format: 'compact',
      });
    case 'aesWrap':
      return wrapAes(job.key, job.secret);
    case 'aesUnwrap': {
      const unwrapped = unwrapAes(job.key, job.wrapped);
      if (!unwrapped) return false;
      job.secret.set(unwrapped);
      unwrapped.fill(0);
      return true;
    }
    case 'rsaGenerate': {
      const {privateKey} = generateKeyPairSync('rsa', {
        modulusLength: job.modulusLength,
        publicExponent: 65_537,
        publicKeyEncoding: {type: 'pkcs1', format: 'der'},
        privateKeyEncoding: {type: 'pkcs1', format: 'der'},
      });
      job.secret.set(privateKey);
      privateKey.fill(0);
      return privateKey.length;
    }
    case 'rsaCheck':
      return checkRsaPrivateKey(job.secret, job.modulusLength).then(() => true, whyNot);
  }
});

/** What is wrong with a key, in words that quote nothing of it. */
function whyNot(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  throw error;
}
