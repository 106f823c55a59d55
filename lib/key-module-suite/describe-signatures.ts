import {randomBytes} from 'node:crypto';
import {encode} from 'cborg';
import {expect} from 'chai';
import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import {SIGNATURE_ALGORITHMS, type SignatureAlgorithm} from '../keys/key-algorithms.ts';
import {digestFor, flipBit, rejection, signable} from './fixtures.ts';
import {type DescribeOperation, onlyIf} from './subject.ts';

export const describeSignatures: DescribeOperation = (subject, keyType) => {
  const {signatureAlgorithms: ofType = []} = keyType;
  const supported = () => subject().type.signatureAlgorithms ?? [];
  const data = signable(keyType);

  for (const algorithm of Object.keys(SIGNATURE_ALGORITHMS) as SignatureAlgorithm[]) {
    if (ofType.includes(algorithm)) {
      describe(algorithm, () => {
        onlyIf(subject, ({signatureAlgorithms = []}) => signatureAlgorithms.includes(algorithm));
        describeSignatureAlgorithm(subject, keyType, algorithm);
      });
    }
    it(`has ${algorithm}, or says what it has`, async () => {
      const {module, key} = subject();
      if (supported().includes(algorithm)) return;
      for (const promise of [
        module.sign(key, data, {algorithm}),
        module.verify(key, data, randomBytes(64), {algorithm}),
      ]) {
        const error = await rejection(promise);
        expect(error).to.be.instanceOf(NotSupportedError);
        expect(error).to.have.deep.property('details', {supported: supported()});
      }
    });
  }

  it("signs with the first of the type's algorithms unless it is told another, and what one signed no other verifies", async () => {
    const {module, key} = subject();
    const signature = await module.sign(key, data);
    for (const algorithm of supported()) {
      const expected = algorithm === ofType[0];
      expect(await module.verify(key, data, signature, {algorithm}), algorithm).to.equal(expected);
      const own = await module.sign(key, data, {algorithm});
      expect(await module.verify(key, data, own), `signed by ${algorithm}`).to.equal(expected);
    }
  });

  if (keyType.algorithm.startsWith('BBS')) {
    it('refuses to sign what is not CBOR [header, [messages…]], and verifies it as false', async () => {
      const {module, key} = subject();
      const signature = await module.sign(key, data);
      for (const bad of [Buffer.from('text'), Buffer.concat([data, Buffer.of(0)]), encode([Buffer.of(1)])]) {
        expect(await rejection(module.sign(key, bad))).to.be.instanceOf(MalformedRequestError);
        expect(await module.verify(key, bad, signature)).to.equal(false);
      }
    });
  } else {
    it('signs empty and long data, and leaves it as it was', async () => {
      const {module, key} = subject();
      for (const long of [Buffer.alloc(0), Buffer.alloc(100_000, 7)]) {
        expect(await module.verify(key, long, await module.sign(key, long))).to.equal(true);
        expect(long.every((byte) => byte === 7)).to.equal(true);
      }
    });
  }
};

function describeSignatureAlgorithm(
  subject: Parameters<DescribeOperation>[0],
  keyType: Parameters<DescribeOperation>[1],
  algorithm: SignatureAlgorithm,
): void {
  const data = signable(keyType);
  const digest = digestFor(algorithm, data);

  it('verifies what it signed, and nothing else', async () => {
    const {module, key, other} = subject();
    const signature = await module.sign(key, data, {algorithm});
    expect(await module.verify(key, data, signature, {algorithm})).to.equal(true);
    const otherData = signable(keyType, 1);
    expect(await module.verify(key, otherData, signature, {algorithm}), 'other data').to.equal(false);
    expect(await module.verify(other, data, signature, {algorithm}), 'other key').to.equal(false);
    for (const bit of [0, 7, signature.length * 4, signature.length * 8 - 1]) {
      const flipped = flipBit(signature, bit);
      expect(await module.verify(key, data, flipped, {algorithm}), `bit ${bit}`).to.equal(false);
    }
  });

  it('answers false to a signature of any other length or form', async () => {
    const {module, key} = subject();
    const signature = Buffer.from(await module.sign(key, data, {algorithm}));
    const inputs = digest ? [{of: data}, {of: digest, prehashed: true}] : [{of: data}];
    for (const {of, ...options} of inputs) {
      for (const form of wrongForms(signature)) {
        expect(await module.verify(key, of, form, {algorithm, ...options}), `${form.length} bytes`).to.equal(
          false,
        );
      }
      expect(await module.verify(key, of, signature, {algorithm, ...options})).to.equal(true);
    }
  });

  if (!digest) {
    it('has no digest to sign', async () => {
      const {module, key} = subject();
      const options = {algorithm, prehashed: true} as const;
      for (const promise of [
        module.sign(key, Buffer.alloc(32), options),
        module.verify(key, Buffer.alloc(32), Buffer.alloc(64), options),
      ]) {
        const error = await rejection(promise);
        expect(error).to.be.instanceOf(NotSupportedError);
      }
    });
    return;
  }

  it('signs a digest as it signs its data, and verifies either by the other', async () => {
    const {module, key, other} = subject();
    const prehashed = {algorithm, prehashed: true} as const;
    const ofDigest = await module.sign(key, digest, prehashed);
    const ofData = await module.sign(key, data, {algorithm});
    expect(ofDigest.length).to.equal(ofData.length);
    for (const signature of [ofDigest, ofData]) {
      expect(await module.verify(key, data, signature, {algorithm})).to.equal(true);
      expect(await module.verify(key, digest, signature, prehashed)).to.equal(true);
      expect(await module.verify(other, digest, signature, prehashed), 'other key').to.equal(false);
      expect(await module.verify(key, flipBit(digest, 9), signature, prehashed), 'digest').to.equal(false);
      expect(await module.verify(key, digest, flipBit(signature, 99), prehashed), 'bit').to.equal(false);
      expect(await module.verify(key, digest, signature, {algorithm}), 'digest as data').to.equal(false);
    }
  });

  it('refuses digests of another length', async () => {
    const {module, key} = subject();
    const prehashed = {algorithm, prehashed: true} as const;
    const signature = await module.sign(key, digest, prehashed);
    for (const length of [0, 1, 20, 32, 48, 64, digest.length - 1, digest.length + 1, 1000]) {
      if (length === digest.length) continue;
      const bad = Buffer.alloc(length, 1);
      expect(await rejection(module.sign(key, bad, prehashed))).to.be.instanceOf(MalformedRequestError);
      expect(await rejection(module.verify(key, bad, signature, prehashed))).to.be.instanceOf(
        MalformedRequestError,
      );
    }
  });
}

function wrongForms(signature: Buffer): readonly Buffer[] {
  const {length} = signature;
  return [
    Buffer.alloc(0),
    Buffer.of(0x30),
    signature.subarray(0, length - 1),
    signature.subarray(1),
    Buffer.concat([signature, Buffer.of(0)]),
    Buffer.concat([Buffer.of(0), signature]),
    Buffer.concat([signature, signature]),
    Buffer.alloc(length),
    Buffer.alloc(length, 0xff),
    randomBytes(length),
    randomBytes(100_000),
  ];
}
