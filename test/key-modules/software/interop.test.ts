import {createPublicKey, verify} from 'node:crypto';
import {secretKeyToPublicKey, sign, verifySignature} from '@digitalbazaar/bbs-signatures';
import {from} from '@digitalbazaar/ed25519-multikey';
import {encode} from 'cborg';
import {expect} from 'chai';
import {decodeBase58} from '../../../lib/encoding/base58.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {describeKey, type KeyDescription} from '../../../lib/keys/key-description.ts';
import type {KeyVersion} from '../../../lib/key-modules/key-module.ts';
import {flipBit, newKey} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';
import {secretKey} from './known-key.ts';

const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
const DATA = Buffer.from('data');

function describeVersion(key: KeyVersion): KeyDescription {
  return describeKey({
    keyId: `${key.keystoreId}/keys/${key.localKeyId}`,
    keystoreController: 'did:example:1',
    record: {type: key.type, state: 'enabled', versions: [{createdAt: 0, state: 'enabled', ...key}]},
  });
}

/** The raw key of a description, read by no code of ours but base58. */
function rawPublicKey({publicKeyMultibase = ''}: KeyDescription): Buffer {
  return Buffer.from(decodeBase58(publicKeyMultibase.slice(1)) ?? []).subarray(2);
}

describe('software key module: interoperation', () => {
  for (const type of [
    'Ed25519VerificationKey2020',
    'Ed25519VerificationKey2018',
    'urn:webkms:multikey:Ed25519',
  ] as const) {
    it(`${type}: ed25519-multikey reads the description and verifies`, async () => {
      const key = await newKey(module, type);
      const verifier = (await from(describeVersion(key))).verifier();
      const signature = await module.sign(key, DATA);
      expect(await verifier.verify({data: DATA, signature})).to.equal(true);
      expect(await verifier.verify({data: DATA, signature: flipBit(signature, 3)})).to.equal(false);
    });
  }

  for (const [curve, hash] of [
    ['P-256', 'sha256'],
    ['P-384', 'sha384'],
    ['P-521', 'sha512'],
  ] as const) {
    it(`${curve}: node:crypto verifies r‖s with the key of the description`, async () => {
      const key = await newKey(module, `urn:webkms:multikey:${curve}`);
      const raw = rawPublicKey(describeVersion(key));
      const publicKey = createPublicKey({
        key: raw,
        format: 'raw-public',
        asymmetricKeyType: 'ec',
        namedCurve: curve,
      });
      const signature = await module.sign(key, DATA);
      const options = {key: publicKey, dsaEncoding: 'ieee-p1363'} as const;
      expect(verify(hash, DATA, options, signature)).to.equal(true);
      expect(verify(hash, DATA, options, flipBit(signature, 3))).to.equal(false);
    });
  }

  for (const ciphersuite of ['BLS12-381-SHA-256', 'BLS12-381-SHAKE-256'] as const) {
    it(`BBS-${ciphersuite}: bbs-signatures verifies with the key of the description, and the other way`, async () => {
      const type = `urn:webkms:multikey:BBS-${ciphersuite}` as const;
      const [header, messages] = [
        Buffer.from('header'),
        [Buffer.from('one'), Buffer.alloc(0), Buffer.from('three')],
      ];
      const key = await newKey(module, type);
      const signature = await module.sign(key, encode([header, messages]));
      const publicKey = rawPublicKey(describeVersion(key));
      expect(await verifySignature({publicKey, signature, header, messages, ciphersuite})).to.equal(true);
      const fewer = messages.slice(1);
      expect(await verifySignature({publicKey, signature, header, messages: fewer, ciphersuite})).to.equal(
        false,
      );

      const secret = Buffer.alloc(32, 5);
      const known = await secretKey(module, type, secret);
      expect(known.publicKey).to.deep.equal(await secretKeyToPublicKey({secretKey: secret, ciphersuite}));
      const theirs = await sign({
        secretKey: secret,
        publicKey: known.publicKey!,
        header,
        messages,
        ciphersuite,
      });
      expect(await module.verify(known, encode([header, messages]), theirs)).to.equal(true);
      expect(await module.verify(known, encode([header, fewer]), theirs)).to.equal(false);
    });
  }
});
