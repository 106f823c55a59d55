import {createHash} from 'node:crypto';
import {expect} from 'chai';
import type {PublicKey, SignOptions} from '../../../lib/client/kms.ts';
import {MalformedRequestError, NotSupportedError} from '../../../lib/errors.ts';
import {type HashAlgorithm, SIGNATURE_ALGORITHMS} from '../../../lib/keys/key-algorithms.ts';
import {KEY_TYPES} from '../../../lib/keys/key-types.ts';
import {refused} from '../refused.ts';
import type {GetKms} from '../kms.suite.ts';

/** CBOR `[h'', [h'6869']]`: what BBS signs. */
const BBS_DATA = Buffer.from('82408142' + '6869', 'hex');
const OTHER_BBS_DATA = Buffer.from('82408142' + '686f', 'hex');

const signing = Object.values(KEY_TYPES).filter(
  ({shortName, publicKey, operations}) => shortName && publicKey && operations.includes('sign'),
);
const digests: Readonly<Record<HashAlgorithm, string>> = {
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** The KMS and the public key by itself are of one mind. */
async function verdicts(
  kms: GetKms,
  publicKey: PublicKey,
  [data, signature, options]: readonly [Uint8Array, Uint8Array, SignOptions],
): Promise<boolean> {
  const remote = await kms().verify(publicKey.kid, data, signature, options);
  expect(await publicKey.verify(data, signature, options)).to.equal(remote);
  return remote;
}

export function describeSignatures(kms: GetKms): void {
  describe('signatures', () => {
    for (const {shortName = '', signatureAlgorithms = []} of signing) {
      describe(shortName, () => {
        let publicKey: PublicKey;
        before(async () => {
          ({publicKey} = await kms().generateKeyPair(shortName));
        });

        for (const algorithm of signatureAlgorithms) {
          const [data, otherData] =
            algorithm === 'BBS' ? [BBS_DATA, OTHER_BBS_DATA] : [Buffer.from('hi'), Buffer.from('ho')];

          it(`signs with ${algorithm}, and everybody verifies`, async () => {
            const {signature, keyVersion} = await kms().sign(publicKey.kid, data, {algorithm});
            const bent = Buffer.from(signature);
            bent.writeUInt8(bent.readUInt8(bent.length >> 1) ^ 1, bent.length >> 1);
            expect(keyVersion).to.equal(1);
            expect(await verdicts(kms, publicKey, [data, signature, {algorithm}])).to.equal(true);
            expect(await verdicts(kms, publicKey, [otherData, signature, {algorithm}])).to.equal(false);
            expect(await verdicts(kms, publicKey, [data, bent, {algorithm}])).to.equal(false);
            expect(await verdicts(kms, publicKey, [data, signature.subarray(1), {algorithm}])).to.equal(
              false,
            );
          });

          const {hash: hashAlgorithm}: {readonly hash?: HashAlgorithm} = SIGNATURE_ALGORITHMS[algorithm];
          if (hashAlgorithm === undefined) continue;
          const digestOf = (bytes: Uint8Array) => createHash(digests[hashAlgorithm]).update(bytes).digest();

          it(`signs ${hashAlgorithm} digests with ${algorithm}`, async () => {
            const options = {algorithm, hashAlgorithm};
            const {signature} = await kms().sign(publicKey.kid, digestOf(data), options);
            expect(await verdicts(kms, publicKey, [data, signature, {algorithm}])).to.equal(true);
            expect(await verdicts(kms, publicKey, [digestOf(data), signature, options])).to.equal(true);
            expect(await verdicts(kms, publicKey, [digestOf(otherData), signature, options])).to.equal(false);
            const bent = Buffer.from(signature).fill(0xff, 0, 8);
            expect(await verdicts(kms, publicKey, [digestOf(data), bent, options])).to.equal(false);
          });
        }

        it('signs with the first algorithm unless told otherwise, and with no other type’s', async () => {
          const data = signatureAlgorithms[0] === 'BBS' ? BBS_DATA : Buffer.from('data');
          const {signature} = await kms().sign(publicKey.kid, data);
          expect(await publicKey.verify(data, signature)).to.equal(true);
          const foreign = {algorithm: 'HS256'} as const;
          const remote = await refused(kms().sign(publicKey.kid, data, foreign));
          expect(remote).to.be.instanceOf(NotSupportedError);
          const local = await refused(publicKey.verify(data, signature, foreign));
          expect(local).to.be.instanceOf(NotSupportedError);
          const supported = {supported: [...signatureAlgorithms]};
          expect(remote.details).to.deep.equal(supported);
          expect(local.details).to.deep.equal(supported);
        });
      });
    }

    it('refuses a digest of another hash, of another length, and where data is signed whole', async () => {
      const {publicKey} = await kms().generateKeyPair('ecdsa-p256');
      const [sha256, sha384] = [{hashAlgorithm: 'SHA-256'}, {hashAlgorithm: 'SHA-384'}] as const;
      for (const [data, options, ErrorClass] of [
        [Buffer.alloc(48), sha384, NotSupportedError],
        [Buffer.alloc(31), sha256, MalformedRequestError],
      ] as const) {
        expect(await refused(kms().sign(publicKey.kid, data, options))).to.be.instanceOf(ErrorClass);
        const attempt = publicKey.verify(data, Buffer.alloc(64), options);
        expect(await refused(attempt)).to.be.instanceOf(ErrorClass);
      }
      const {publicKey: edwards} = await kms().generateKeyPair('ed25519');
      expect(await refused(kms().sign(edwards.kid, Buffer.alloc(32), sha256))).to.be.instanceOf(
        NotSupportedError,
      );
      const attempt = edwards.verify(Buffer.alloc(32), Buffer.alloc(64), sha256);
      expect(await refused(attempt)).to.be.instanceOf(NotSupportedError);
    });

    it('makes HMACs', async () => {
      const key = await kms().generateKey('hmac-sha256');
      const data = Buffer.from('data');
      const {signature} = await key.sign(data);
      expect(signature).to.have.length(32);
      expect(await key.verify(data, signature)).to.equal(true);
      expect(await key.verify(Buffer.from('other'), signature)).to.equal(false);
    });
  });
}
