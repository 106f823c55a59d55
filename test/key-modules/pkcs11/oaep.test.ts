import {
  constants,
  createHash,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {decodeOaep} from '../../../lib/key-modules/pkcs11/oaep.ts';

const {publicKey, privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048});

/** What a token gives: RSADP, and nothing else. */
function rsadp(ciphertext: Uint8Array): Buffer {
  return privateDecrypt({key: privateKey, padding: constants.RSA_NO_PADDING}, ciphertext);
}

function encrypt(message: Uint8Array, oaepLabel: Uint8Array, oaepHash = 'sha256'): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({key: publicKey, padding, oaepHash, oaepLabel}, message);
}

describe('OAEP of what a token decrypts', () => {
  it('decodes what others encoded, of every length, with every label', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 190}), fc.uint8Array({maxLength: 40}), (message, label) => {
        const encoded = rsadp(encrypt(message, label));
        expect(decodeOaep(encoded, label)).to.deep.equal(Buffer.from(message));
        // What is not given away is not left.
        expect(encoded.every((byte) => byte === 0)).to.equal(true);
      }),
      {numRuns: 200},
    );
    for (const length of [0, 190]) {
      const message = Buffer.alloc(length, 1);
      expect(decodeOaep(rsadp(encrypt(message, Buffer.of())), Buffer.of())).to.deep.equal(message);
    }
  });

  it('finds nothing under another label or hash, or where a byte was changed', () => {
    const [message, label] = [Buffer.from('message'), Buffer.from('label')];
    const encoded = rsadp(encrypt(message, label));
    expect(decodeOaep(Buffer.from(encoded), Buffer.from('Label'))).to.equal(undefined);
    expect(decodeOaep(Buffer.from(encoded), Buffer.of())).to.equal(undefined);
    expect(decodeOaep(rsadp(encrypt(message, label, 'sha1')), label)).to.equal(undefined);
    for (let index = 0; index < encoded.length; index += 1) {
      const changed = Buffer.from(encoded);
      changed[index]! ^= 0x10;
      // All of it is masked by all of it: a message of its own would be a matter of luck, 2^-200.
      expect(decodeOaep(changed, label), `byte ${index}`).to.equal(undefined);
    }
    expect(decodeOaep(encoded, label)).to.deep.equal(message);
  });

  it('finds nothing where one of its conditions alone does not hold', () => {
    const message = Buffer.from('message');
    const block = (padding: Buffer): Buffer => Buffer.concat([padding, Buffer.of(1), message]);
    const zeros = Buffer.alloc(223 - 32 - 1 - message.length);
    const odd = Buffer.from(zeros);
    odd[50] = 2;
    expect(decodeOaep(encode(block(zeros)), Buffer.of())).to.deep.equal(message);
    expect(decodeOaep(encode(block(odd)), Buffer.of()), 'padding').to.equal(undefined);
    expect(decodeOaep(encode(Buffer.alloc(223 - 32)), Buffer.of()), 'no end').to.equal(undefined);
    expect(decodeOaep(encode(block(zeros), {first: 1}), Buffer.of()), 'first byte').to.equal(undefined);
    expect(decodeOaep(encode(block(zeros), {label: Buffer.of(1)}), Buffer.of()), 'label').to.equal(undefined);
    // The first 0x01 ends the padding; those that follow are the message's.
    const ones = Buffer.concat([Buffer.alloc(223 - 32 - 4), Buffer.from([1, 1, 0, 1])]);
    expect(decodeOaep(encode(ones), Buffer.of())).to.deep.equal(Buffer.from([1, 0, 1]));
  });
});

/** EME-OAEP (RFC 8017 §7.1.1) of 256 bytes about what follows the label's hash. */
function encode(rest: Buffer, {first = 0, label = Buffer.of()} = {}): Buffer {
  const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
    createHash('sha256').update(Buffer.concat(parts)).digest();
  const mgf1 = (seed: Uint8Array, length: number): Buffer =>
    Buffer.concat(
      Array.from({length: Math.ceil(length / 32)}, (_, counter) => sha256(seed, Buffer.of(0, 0, 0, counter))),
    ).subarray(0, length);
  const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
  const seed = randomBytes(32);
  const block = Buffer.concat([sha256(label), rest]);
  const maskedBlock = xor(block, mgf1(seed, block.length));
  return Buffer.concat([Buffer.of(first), xor(seed, mgf1(maskedBlock, 32)), maskedBlock]);
}
