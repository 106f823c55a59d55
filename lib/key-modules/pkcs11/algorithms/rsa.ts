import {createHash, randomBytes} from 'node:crypto';
import {InternalError} from '../../../errors.ts';
import type {HashAlgorithm, SignatureAlgorithm} from '../../../keys/key-algorithms.ts';
import {derInteger, derSequence} from '../../../keys/private-key-codec/der-writer.ts';
import {CK_PARAMS, CKA, CKG, CKM, CKO} from '../../../pkcs11/cryptoki.ts';
import {unlessRefused} from '../../../pkcs11/refused-input.ts';
import type {Mechanism} from '../../../pkcs11/token-job.ts';
import type {SignatureChoice} from '../../operation-options.ts';
import type {CryptoWorkers} from '../../software/algorithms/crypto-jobs.ts';
import {DIGEST_INFO} from '../../software/algorithms/rsa-encoding.ts';
import {openRsaPublicKey} from '../../software/algorithms/rsa-key.ts';
import {rsa} from '../../software/algorithms/rsa.ts';
import {decodeOaep} from '../oaep.ts';
import {proveBySigning} from '../prove.ts';
import {privateKeyTemplate, publicKeyTemplate} from '../templates.ts';
import type {TokenAlgorithm, TokenSupport} from '../token-algorithm.ts';

const EXPONENT = Buffer.from('010001', 'hex');
const PSS: readonly SignatureAlgorithm[] = ['PS256', 'PS384', 'PS512'];
const PKCS1: readonly SignatureAlgorithm[] = ['RS256', 'RS384', 'RS512'];

const PSS_PARAMETERS: Readonly<Record<HashAlgorithm, {hashAlg: number; mgf: number; saltLen: number}>> = {
  'SHA-256': {hashAlg: CKM.SHA256, mgf: CKG.MGF1_SHA256, saltLen: 32},
  'SHA-384': {hashAlg: CKM.SHA384, mgf: CKG.MGF1_SHA384, saltLen: 48},
  'SHA-512': {hashAlg: CKM.SHA512, mgf: CKG.MGF1_SHA512, saltLen: 64},
};

/** What a token does of RSA: PSS, which is the default, it must; decryption it does by RSADP alone, whose result is decoded here. */
function support(mechanisms: ReadonlySet<number>): TokenSupport | undefined {
  if (!mechanisms.has(CKM.RSA_PKCS_KEY_PAIR_GEN) || !mechanisms.has(CKM.RSA_PKCS_PSS)) return undefined;
  const signatureAlgorithms = mechanisms.has(CKM.RSA_PKCS) ? [...PSS, ...PKCS1] : PSS;
  return mechanisms.has(CKM.RSA_X_509)
    ? {
        operations: ['encrypt', 'decrypt', 'sign', 'verify'],
        signatureAlgorithms,
        encryptionAlgorithms: ['RSA-OAEP-256'],
      }
    : {operations: ['sign', 'verify'], signatureAlgorithms};
}

function hashOf({hash}: SignatureChoice): HashAlgorithm {
  if (!hash) throw new InternalError(new Error('An RSA signature begins with a hash.'));
  return hash;
}

/** The token is given a digest, and of PKCS #1 v1.5 the DigestInfo about it. */
function signing({algorithm}: SignatureChoice, hash: HashAlgorithm): {mechanism: Mechanism; prefix: Buffer} {
  return PSS.includes(algorithm)
    ? {
        mechanism: {
          mechanism: CKM.RSA_PKCS_PSS,
          parameter: {type: CK_PARAMS.RSA_PSS, ...PSS_PARAMETERS[hash]},
        },
        prefix: Buffer.alloc(0),
      }
    : {mechanism: {mechanism: CKM.RSA_PKCS}, prefix: DIGEST_INFO[hash]};
}

const sign: NonNullable<TokenAlgorithm['sign']> = async (token, object, data, choice) => {
  const hash = hashOf(choice);
  const digest = choice.prehashed ? data : createHash(hash).update(data).digest();
  const {mechanism, prefix} = signing(choice, hash);
  const input = {mechanism, data: Buffer.concat([prefix, digest]), length: MAX_MODULUS_BYTES};
  return token.use('sign', object, input);
};

const MAX_MODULUS_BYTES = 512;

/** RSA (RFC 8017) with two primes and the exponent 65,537. */
export function tokenRsa(bits: number, workers: CryptoWorkers): TokenAlgorithm {
  const length = bits / 8;
  const publicKey = rsa(bits, workers).openPublicKey;
  if (!publicKey) throw new Error('Unreachable: RSA verifies.');
  return {
    class: CKO.PRIVATE_KEY,
    support,
    async generate(token, object) {
      const decrypts = token.mechanisms.has(CKM.RSA_X_509);
      const [modulus, exponent] = await token.generateKeyPair(object, {
        mechanism: {mechanism: CKM.RSA_PKCS_KEY_PAIR_GEN},
        publicTemplate: publicKeyTemplate('VERIFY', [
          {type: CKA.MODULUS_BITS, value: bits},
          {type: CKA.PUBLIC_EXPONENT, value: EXPONENT},
        ]),
        privateTemplate: privateKeyTemplate('SIGN', ...(decrypts ? (['DECRYPT'] as const) : [])),
        read: [CKA.MODULUS, CKA.PUBLIC_EXPONENT],
      });
      const der = derSequence(magnitude(modulus), magnitude(exponent));
      openRsaPublicKey(der, bits);
      return der;
    },
    prove: proveBySigning({sign, publicKey}, randomBytes(32), {
      ...{algorithm: 'PS256', hash: 'SHA-256', prehashed: false},
    }),
    publicKey,
    sign,
    async decrypt(token, object, ciphertext, label) {
      if (ciphertext.length !== length) return undefined;
      const mechanism = {mechanism: CKM.RSA_X_509};
      const encoded = await unlessRefused(
        token.use('decrypt', object, {mechanism, data: ciphertext, length, checked: true}),
      );
      if (!encoded || encoded.length > length) return undefined;
      // Some leave zeros in front away.
      const whole = Buffer.alloc(length);
      whole.set(encoded, length - encoded.length);
      encoded.fill(0);
      return decodeOaep(whole, label);
    },
  };
}

function magnitude(bytes: Uint8Array = new Uint8Array()): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  return derInteger(start === -1 ? Buffer.of(0) : bytes.subarray(start));
}
