import {createHash} from 'node:crypto';
import {expect} from 'chai';
import {InternalError, MalformedRequestError, OperationFailedError} from '../../../lib/errors.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import type {KeyType} from '../../../lib/keys/key-types.ts';
import {rejection} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';
import {compress, hex, publicKey, secretKey} from './known-key.ts';
import {itPassesVectors, type Outcome} from './wycheproof.ts';

const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});

interface SignatureVector {
  readonly msg: string;
  readonly sig: string;
}

async function verify(type: KeyType, key: Buffer, {msg, sig}: SignatureVector): Promise<Outcome> {
  return (await module.verify(publicKey(type, key), hex(msg), hex(sig))) ? 'accepted' : 'refused';
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
          verify(`urn:webkms:multikey:P-${curve}`, compress(hex(group.publicKey.uncompressed)), vector),
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
