import {createHash, createPrivateKey} from 'node:crypto';
import {expect} from 'chai';
import {InternalError, MalformedRequestError, OperationFailedError} from '../../../lib/errors.ts';
import type {KeyVersion} from '../../../lib/key-modules/key-module.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import type {SignatureAlgorithm} from '../../../lib/keys/key-algorithms.ts';
import {findKeyType, type KeyType} from '../../../lib/keys/key-types.ts';
import {digestFor, rejection} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';
import {compress, hex, publicKey, secretKey} from './known-key.ts';
import {itPassesVectors, type Outcome} from './wycheproof.ts';

const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});

interface SignatureVector {
  readonly msg: string;
  readonly sig: string;
}

async function verify(
  type: KeyType,
  key: Buffer,
  {msg, sig}: SignatureVector,
  algorithm?: SignatureAlgorithm,
): Promise<Outcome> {
  const row = publicKey(type, key);
  const [data, signature] = [hex(msg), hex(sig)];
  const verified = await module.verify(row, data, signature, {...(algorithm && {algorithm})});
  const digest = algorithm && digestFor(algorithm, data);
  // Where digests are signed, they are judged by other code.
  if (digest)
    expect(await module.verify(row, digest, signature, {algorithm, prehashed: true})).to.equal(verified);
  return verified ? 'accepted' : 'refused';
}

interface RsaPublicKeyGroup {
  readonly keySize: number;
  readonly publicKey: {readonly publicExponent: string};
  /** An RSAPublicKey. */
  readonly publicKeyAsn: string;
}

interface RsaPrivateKeyGroup {
  readonly keySize: number;
  readonly privateKeyPkcs8: string;
}

function rsaType(keySize: number): KeyType {
  const type = findKeyType(`urn:webkms:multikey:RSA-${keySize}`);
  if (!type) throw new Error(`There is no RSA-${keySize}.`);
  return type.name;
}

const rsaKeys = new Map<string, Promise<KeyVersion>>();

/** Importing a key takes a while, and files have one or two. */
function rsaKey(keySize: number, pkcs8: string): Promise<KeyVersion> {
  const pkcs1 = createPrivateKey({key: hex(pkcs8), format: 'der', type: 'pkcs8'}).export({
    format: 'der',
    type: 'pkcs1',
  });
  const key = rsaKeys.get(pkcs8) ?? secretKey(module, rsaType(keySize), pkcs1);
  rsaKeys.set(pkcs8, key);
  return key;
}

interface AgreementVector {
  readonly public: string;
  readonly private: string;
  readonly shared: string;
}

async function agree(
  type: KeyType,
  {secret, peer, shared}: Record<'secret' | 'peer' | 'shared', Buffer>,
): Promise<Outcome> {
  const key = await secretKey(module, type, secret);
  let actual;
  try {
    actual = await module.deriveSecret(key, peer);
  } catch (error) {
    expect(error).to.be.instanceOf(OperationFailedError);
    return 'refused';
  }
  expect(Buffer.from(actual)).to.deep.equal(shared);
  return 'accepted';
}

describe('Wycheproof vectors through the software key module', () => {
  for (const type of [
    'Ed25519VerificationKey2020',
    'Ed25519VerificationKey2018',
    'urn:webkms:multikey:Ed25519',
  ] as const) {
    describe(type, () => {
      itPassesVectors<{publicKey: {pk: string}}, SignatureVector>('ed25519_test.json', {
        run: (vector, group) => verify(type, hex(group.publicKey.pk), vector),
        counts: {accepted: 88, refused: 63, inapplicable: 0},
      });
    });
  }

  for (const [curve, sha, counts] of [
    ['256', '256', {accepted: 173, refused: 89, inapplicable: 0}],
    ['384', '384', {accepted: 193, refused: 87, inapplicable: 0}],
    ['521', '512', {accepted: 231, refused: 87, inapplicable: 0}],
  ] as const) {
    // All public keys of these files are on the curve, so that compression loses nothing.
    itPassesVectors<{publicKey: {uncompressed: string}}, SignatureVector>(
      `ecdsa_secp${curve}r1_sha${sha}_p1363_test.json`,
      {
        run: (vector, group) =>
          verify(
            `urn:webkms:multikey:P-${curve}`,
            compress(hex(group.publicKey.uncompressed)),
            vector,
            `ES${sha}`,
          ),
        counts,
      },
    );
  }

  for (const [level, counts] of [
    ['44', {accepted: 75, refused: 98, inapplicable: 7}],
    ['65', {accepted: 77, refused: 126, inapplicable: 7}],
    ['87', {accepted: 69, refused: 165, inapplicable: 7}],
  ] as const) {
    itPassesVectors<{publicKey: string}, SignatureVector & {ctx?: string}>(
      `mldsa_${level}_verify_test.json`,
      {
        async run(vector, group) {
          // The module signs with an empty context.
          if (vector.ctx) return 'inapplicable';
          const type = `urn:webkms:multikey:ML-DSA-${level}` as const;
          if (!vector.flags.includes('IncorrectPublicKeyLength'))
            return verify(type, hex(group.publicKey), vector);
          // No record holds such a key: that is for storage to answer for, not for the signature.
          expect(await rejection(verify(type, hex(group.publicKey), vector))).to.be.instanceOf(InternalError);
          return 'refused';
        },
        counts,
      },
    );
  }

  for (const [file, algorithm, counts] of [
    ['rsa_pss_2048_sha256_mgf1_32', 'PS256', {accepted: 63, refused: 45, inapplicable: 0}],
    ['rsa_pss_4096_sha256_mgf1_32', 'PS256', {accepted: 63, refused: 45, inapplicable: 0}],
    ['rsa_signature_2048_sha256', 'RS256', {accepted: 7, refused: 250, inapplicable: 2}],
    ['rsa_signature_4096_sha256', 'RS256', {accepted: 7, refused: 251, inapplicable: 0}],
  ] as const) {
    itPassesVectors<RsaPublicKeyGroup, SignatureVector>(`${file}_test.json`, {
      async run(vector, {keySize, publicKey: {publicExponent}, publicKeyAsn}) {
        const type = rsaType(keySize);
        const verifying = verify(type, hex(publicKeyAsn), vector, algorithm);
        if (publicExponent === '010001') return verifying;
        // No record holds such a key.
        expect(await rejection(verifying)).to.be.instanceOf(InternalError);
        return 'inapplicable';
      },
      // A DigestInfo without its parameters is not what RFC 8017 §9.2 makes.
      acceptable: () => 'refused',
      counts,
    });
  }

  for (const [size, counts] of [
    [2048, {accepted: 18, refused: 19, inapplicable: 0}],
    [4096, {accepted: 18, refused: 19, inapplicable: 0}],
  ] as const) {
    itPassesVectors<RsaPrivateKeyGroup, {msg: string; ct: string; label: string}>(
      `rsa_oaep_${size}_sha256_mgf1sha256_test.json`,
      {
        async run({msg, ct, label}, {keySize, privateKeyPkcs8}) {
          const key = await rsaKey(keySize, privateKeyPkcs8);
          const options = {algorithm: 'RSA-OAEP-256', additionalData: hex(label)} as const;
          const plaintext = await module.decrypt(key, hex(ct), options);
          if (!plaintext) return 'refused';
          expect(Buffer.from(plaintext)).to.deep.equal(hex(msg));
          const again = await module.encrypt(key, plaintext, options);
          expect(await module.decrypt(key, again, options)).to.deep.equal(plaintext);
          return 'accepted';
        },
        counts,
      },
    );
  }

  itPassesVectors<
    {keySize: number; ivSize: number; tagSize: number},
    Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag', string>
  >('aes_gcm_test.json', {
    async run({key, iv, aad, msg, ct, tag}, {keySize, ivSize, tagSize}) {
      if (keySize !== 256 || ivSize !== 96 || tagSize !== 128) return 'inapplicable';
      const aes = await secretKey(module, 'urn:webkms:symmetric:AES-256-GCM', hex(key));
      const additionalData = hex(aad);
      const plaintext = await module.decrypt(aes, hex(iv + ct + tag), {additionalData});
      if (!plaintext) return 'refused';
      expect(Buffer.from(plaintext)).to.deep.equal(hex(msg));
      return 'accepted';
    },
    counts: {accepted: 39, refused: 27, inapplicable: 250},
  });

  for (const type of ['X25519KeyAgreementKey2020', 'urn:webkms:multikey:X25519'] as const) {
    describe(type, () => {
      itPassesVectors<object, AgreementVector>('x25519_test.json', {
        run: (vector) =>
          agree(type, {secret: hex(vector.private), peer: hex(vector.public), shared: hex(vector.shared)}),
        acceptable: ({flags}) => (flags.includes('ZeroSharedSecret') ? 'refused' : 'accepted'),
        counts: {accepted: 487, refused: 31, inapplicable: 0},
      });
    });
  }

  for (const [curve, size, counts] of [
    ['256', 32, {accepted: 331, refused: 24, inapplicable: 0}],
    ['384', 48, {accepted: 772, refused: 18, inapplicable: 0}],
    ['521', 66, {accepted: 633, refused: 28, inapplicable: 0}],
  ] as const) {
    itPassesVectors<object, AgreementVector>(`ecdh_secp${curve}r1_ecpoint_test.json`, {
      run(vector) {
        const point = hex(vector.public);
        return agree(`urn:webkms:multikey:ECDH-P-${curve}`, {
          // Integers there, with and without zeros in front.
          secret: hex(vector.private.padStart(2 * size, '0').slice(-2 * size)),
          // Good points in this module's encoding; bad ones as they are, since a compressed point loses its y.
          peer: vector.result === 'valid' && point[0] === 4 ? compress(point) : point,
          shared: hex(vector.shared),
        });
      },
      acceptable: () => 'accepted',
      counts,
    });
  }

  itPassesVectors<{keySize: number; tagSize: number}, {key: string; msg: string; tag: string}>(
    'hmac_sha256_test.json',
    {
      async run({key, msg, tag, result}, {keySize, tagSize}) {
        const bytes = hex(key);
        // HMAC pads short keys with zeros and hashes those longer than a block (RFC 2104 §2), so each has a 32 byte equal.
        const equal =
          keySize > 512
            ? createHash('sha256').update(bytes).digest()
            : Buffer.concat([bytes, Buffer.alloc(32)]);
        const mac = await secretKey(module, 'Sha256HmacKey2019', equal.subarray(0, 32));
        const verified = await module.verify(mac, hex(msg), hex(tag));
        if (tagSize !== 256) {
          expect(verified, 'a truncated tag').to.equal(false);
          return 'inapplicable';
        }
        if (result === 'valid') expect(Buffer.from(await module.sign(mac, hex(msg)))).to.deep.equal(hex(tag));
        return verified ? 'accepted' : 'refused';
      },
      counts: {accepted: 33, refused: 54, inapplicable: 87},
    },
  );

  itPassesVectors<{keySize: number}, {key: string; msg: string; ct: string}>('aes_wrap_test.json', {
    async run({key, msg, ct, flags}, {keySize}) {
      if (keySize !== 256) return 'inapplicable';
      const kek = await secretKey(module, 'AesKeyWrappingKey2019', hex(key));
      const unwrapped = await module.unwrapKey(kek, hex(ct));
      if (unwrapped) {
        expect(Buffer.from(unwrapped)).to.deep.equal(hex(msg));
        expect(Buffer.from(await module.wrapKey(kek, hex(msg)))).to.deep.equal(hex(ct));
        return 'accepted';
      }
      if (flags.some((flag) => ['WrongDataSize', 'ShortKey', 'EmptyKey'].includes(flag))) {
        expect(await rejection(module.wrapKey(kek, hex(msg)))).to.be.instanceOf(MalformedRequestError);
      }
      return 'refused';
    },
    // One block is less than RFC 3394 §2 allows.
    acceptable: () => 'refused',
    counts: {accepted: 13, refused: 55, inapplicable: 97},
  });
});
