import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import type {EncryptionAlgorithm} from '../keys/key-algorithms.ts';
import {flipBit, rejection} from './fixtures.ts';
import type {DescribeOperation} from './subject.ts';

/** The bytes that OAEP with SHA-256 leaves of a modulus (RFC 8017 §7.1.1). */
const MOST: Readonly<Record<string, number>> = {'RSA-2048': 190, 'RSA-3072': 318, 'RSA-4096': 446};
const ALGORITHMS: readonly EncryptionAlgorithm[] = ['A256GCM', 'RSA-OAEP-256'];
const PLAINTEXT = Buffer.from('twenty bytes of text');
const ADDITIONAL_DATA = Buffer.from('additional data');

/** What was opened, for comparison. */
async function opened(promise: Promise<Uint8Array | undefined>): Promise<Buffer | undefined> {
  const bytes = await promise;
  return bytes && Buffer.from(bytes);
}

export const describeEncryption: DescribeOperation = (subject, {algorithm: kind}) => {
  const most = MOST[kind] ?? 65_536;

  for (const algorithm of ALGORITHMS) {
    it(`encrypts with ${algorithm}, also without being told, or says what it has`, async () => {
      const {module, key, type} = subject();
      const {encryptionAlgorithms: supported = []} = type;
      if (supported.includes(algorithm)) {
        for (const [asked, then] of [
          [{algorithm}, {}],
          [{}, {algorithm}],
        ]) {
          const ciphertext = await module.encrypt(key, PLAINTEXT, asked);
          expect(await opened(module.decrypt(key, ciphertext, then))).to.deep.equal(PLAINTEXT);
        }
        return;
      }
      for (const promise of [
        module.encrypt(key, PLAINTEXT, {algorithm}),
        module.decrypt(key, PLAINTEXT, {algorithm}),
      ]) {
        const error = await rejection(promise);
        expect(error).to.be.instanceOf(NotSupportedError);
        expect(error).to.have.deep.property('details', {supported});
      }
    });
  }

  it(`decrypts what it encrypted, from 0 to ${most} bytes, and leaves what it was given as it was`, async () => {
    const {module, key} = subject();
    for (const length of [0, 1, 15, 16, 17, 32, 189, 190, 317, 318, 445, 446, 4096, 65_535, 65_536]) {
      if (length > most) continue;
      for (const additionalData of [Buffer.alloc(0), Buffer.alloc(1, 3), Buffer.alloc(4096, 3)]) {
        const plaintext = Buffer.alloc(length, 7);
        const ciphertext = await module.encrypt(key, plaintext, {additionalData});
        const copy = Buffer.from(ciphertext);
        expect((await opened(module.decrypt(key, ciphertext, {additionalData})))?.equals(plaintext)).to.equal(
          true,
        );
        expect(plaintext.every((byte) => byte === 7) && additionalData.every((byte) => byte === 3)).to.equal(
          true,
        );
        expect(copy.equals(ciphertext)).to.equal(true);
      }
    }
  });

  it('never gives the same ciphertext twice', async () => {
    const {module, key} = subject();
    const all = await Promise.all(Array.from({length: 50}, () => module.encrypt(key, PLAINTEXT)));
    expect(
      new Set(all.map((ciphertext) => Buffer.from(ciphertext).toString('hex').slice(0, 24))).size,
    ).to.equal(50);
  });

  it('takes no additional data for empty additional data', async () => {
    const {module, key} = subject();
    const [none, empty] = [{}, {additionalData: new Uint8Array()}];
    for (const [first, then] of [
      [none, empty],
      [empty, none],
    ]) {
      const ciphertext = await module.encrypt(key, PLAINTEXT, first);
      expect(await opened(module.decrypt(key, ciphertext, then))).to.deep.equal(PLAINTEXT);
    }
  });

  it('opens nothing with another key or other additional data', async () => {
    const {module, key, other} = subject();
    const options = {additionalData: ADDITIONAL_DATA};
    const ciphertext = await module.encrypt(key, PLAINTEXT, options);
    const bare = await module.encrypt(key, PLAINTEXT);
    expect(await module.decrypt(other, ciphertext, options), 'other key').to.equal(undefined);
    expect(await module.decrypt(key, ciphertext), 'none').to.equal(undefined);
    expect(await module.decrypt(key, bare, options), 'too much').to.equal(undefined);
    for (let bit = 0; bit < ADDITIONAL_DATA.length * 8; bit += 5) {
      const additionalData = flipBit(ADDITIONAL_DATA, bit);
      expect(await module.decrypt(key, ciphertext, {additionalData}), `bit ${bit}`).to.equal(undefined);
    }
    expect(await opened(module.decrypt(key, ciphertext, options))).to.deep.equal(PLAINTEXT);
  });

  it('opens nothing of which a bit was changed', async () => {
    const {module, key} = subject();
    const ciphertext = await module.encrypt(key, PLAINTEXT);
    // Every bit of nonce, ciphertext and tag; of RSA, where each is as good as another, some.
    const step = MOST[kind] === undefined ? 1 : 61;
    for (let bit = 0; bit < ciphertext.length * 8; bit += step) {
      expect(await module.decrypt(key, flipBit(ciphertext, bit)), `bit ${bit}`).to.equal(undefined);
    }
    expect(await opened(module.decrypt(key, ciphertext))).to.deep.equal(PLAINTEXT);
  });

  it('opens nothing that is shorter or longer, nor what nobody encrypted', async () => {
    const {module, key} = subject();
    const ciphertext = Buffer.from(await module.encrypt(key, PLAINTEXT));
    const {length} = ciphertext;
    const forms = [
      ...[0, 1, 11, 12, 15, 16, 27, 28, length - 16, length - 1].map((end) => ciphertext.subarray(0, end)),
      ciphertext.subarray(1),
      Buffer.concat([ciphertext, Buffer.of(0)]),
      Buffer.concat([Buffer.of(0), ciphertext]),
      Buffer.alloc(length),
      Buffer.alloc(length, 0xff),
      randomBytes(length),
      randomBytes(100_000),
    ];
    for (const form of forms) {
      expect(await module.decrypt(key, form), `${form.length} bytes`).to.equal(undefined);
    }
    expect(await opened(module.decrypt(key, ciphertext))).to.deep.equal(PLAINTEXT);
  });

  if (MOST[kind] !== undefined) {
    it(`refuses to encrypt more than ${most} bytes`, async () => {
      const {module, key} = subject();
      for (const length of [most + 1, most + 66, most + 67, 65_536]) {
        const error = await rejection(module.encrypt(key, Buffer.alloc(length)));
        expect(error).to.be.instanceOf(MalformedRequestError);
      }
    });
  } else {
    it('takes 28 bytes for nonce and tag, and no bytes of the plaintext', async () => {
      const {module, key} = subject();
      const ciphertext = await module.encrypt(key, Buffer.alloc(1000));
      expect(ciphertext.length).to.equal(1028);
      expect(Buffer.from(ciphertext).includes(Buffer.alloc(8))).to.equal(false);
    });
  }
};
