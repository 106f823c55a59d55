import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {InternalError, UnavailableError} from '../../../lib/errors.ts';
import type {KeyVersion} from '../../../lib/key-modules/key-module.ts';
import {sealSecret} from '../../../lib/key-modules/software/key-material.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {KEY_TYPES, type KeyType} from '../../../lib/keys/key-types.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import {flipBit, newKey, rejection, signable} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

const ED25519 = 'Ed25519VerificationKey2020';
const DATA = Buffer.from('data');
const IDENTITY = {
  keystoreId: 'https://localhost:9443/kms/keystores/z1A',
  localKeyId: 'z1K',
  type: ED25519,
  version: 1,
} as const;

async function expectAtRestError(
  promise: Promise<unknown>,
  cause: RegExp | typeof SealedBlobError,
): Promise<void> {
  const error = await rejection(promise);
  expect(error).to.be.instanceOf(InternalError);
  expect(error.message).to.equal('An internal error occurred.');
  if (cause instanceof RegExp) expect((error.cause as Error).message).to.match(cause);
  else expect(error.cause).to.be.instanceOf(cause);
}

describe('software key module: sealed material', () => {
  let wrappers: MemoryWrappers;
  let module: SoftwareKeyModule;
  beforeEach(() => {
    wrappers = new MemoryWrappers();
    module = new SoftwareKeyModule({wrappers});
  });

  describe('opens in its own place only', () => {
    let key: KeyVersion;
    let other: KeyVersion;
    beforeEach(async () => {
      key = await newKey(module, ED25519);
      other = await newKey(module, ED25519);
      expect(await module.sign(key, DATA)).to.have.length(64);
    });

    const moved: Record<string, () => KeyVersion> = {
      "another key's material": () => ({...key, material: other.material}),
      "another key's material and public key": () => ({
        ...key,
        material: other.material,
        publicKey: other.publicKey!,
      }),
      "another key's public key": () => ({...key, publicKey: other.publicKey!}),
      'no public key': () => {
        const {publicKey, ...rest} = key;
        expect(publicKey).to.have.length(32);
        return rest;
      },
      'another name': () => ({...key, localKeyId: other.localKeyId}),
      'another version': () => ({...key, version: 2}),
      'another type of the same algorithm': () => ({...key, type: 'Ed25519VerificationKey2018'}),
      'a keystore that has no keys': () => ({...key, keystoreId: `${key.keystoreId}2`}),
      'parts that read the same one after the other': () => ({
        ...key,
        keystoreId: key.keystoreId.slice(0, -1),
        localKeyId: key.keystoreId.slice(-1) + key.localKeyId,
      }),
      'no material': () => ({...key, material: Buffer.alloc(0)}),
      'cut material': () => ({...key, material: key.material.subarray(0, -1)}),
    };
    for (const [name, row] of Object.entries(moved)) {
      it(`not in a row with ${name}`, async () => {
        await expectAtRestError(module.sign(row(), DATA), SealedBlobError);
        expect(await module.sign(key, DATA)).to.have.length(64);
      });
    }

    it('not in another keystore that has keys', async () => {
      const elsewhere = await newKey(module, ED25519, {
        keystoreId: 'https://localhost:9443/kms/keystores/z1B',
      });
      await expectAtRestError(module.sign({...elsewhere, material: key.material}, DATA), SealedBlobError);
    });

    it('not with any bit changed', async () => {
      for (let bit = 0; bit < key.material.length * 8; bit += 7) {
        await expectAtRestError(
          module.sign({...key, material: flipBit(key.material, bit)}, DATA),
          SealedBlobError,
        );
      }
    });
  });

  it('is an internal error for every operation that needs the secret', async () => {
    const mac = await newKey(module, 'Sha256HmacKey2019');
    const kek = await newKey(module, 'AesKeyWrappingKey2019');
    const agreement = await newKey(module, 'X25519KeyAgreementKey2020');
    const broken = (key: KeyVersion) => ({...key, material: flipBit(key.material, 300)});
    const tag = await module.sign(mac, DATA);
    const wrapped = await module.wrapKey(kek, Buffer.alloc(16));
    await expectAtRestError(module.sign(broken(mac), DATA), SealedBlobError);
    await expectAtRestError(module.verify(broken(mac), DATA, tag), SealedBlobError);
    await expectAtRestError(module.wrapKey(broken(kek), Buffer.alloc(16)), SealedBlobError);
    await expectAtRestError(module.unwrapKey(broken(kek), wrapped), SealedBlobError);
    await expectAtRestError(module.deriveSecret(broken(agreement), agreement.publicKey!), SealedBlobError);
    const aes = await newKey(module, 'urn:webkms:symmetric:AES-256-GCM');
    const kem = await newKey(module, 'urn:webkms:multikey:ML-KEM-768');
    const rsa = await newKey(module, 'urn:webkms:multikey:RSA-2048');
    const sealed = await module.encrypt(aes, DATA);
    await expectAtRestError(module.encrypt(broken(aes), DATA), SealedBlobError);
    await expectAtRestError(module.decrypt(broken(aes), sealed), SealedBlobError);
    await expectAtRestError(module.decapsulate(broken(kem), Buffer.alloc(1088)), SealedBlobError);
    await expectAtRestError(module.decrypt(broken(rsa), Buffer.alloc(256)), SealedBlobError);
    await expectAtRestError(module.sign(broken(rsa), DATA), SealedBlobError);
    await expectAtRestError(module.exportKey(broken(aes)), SealedBlobError);
  });

  it('is not needed to encrypt or encapsulate to a public key', async () => {
    const withoutMaterial = async (type: KeyType) => {
      const key = await newKey(module, type);
      return {key, row: {...key, material: Buffer.of(1)}};
    };
    const rsa = await withoutMaterial('urn:webkms:multikey:RSA-2048');
    const ciphertext = await module.encrypt(rsa.row, DATA);
    expect(Buffer.from((await module.decrypt(rsa.key, ciphertext))!)).to.deep.equal(DATA);
    const kem = await withoutMaterial('urn:webkms:multikey:ML-KEM-768');
    const {secret, ciphertext: encapsulated} = await module.encapsulate(kem.row);
    expect(await module.decapsulate(kem.key, encapsulated)).to.deep.equal(secret);
  });

  it('is not needed to verify an asymmetric signature', async () => {
    const key = await newKey(module, ED25519);
    const signature = await module.sign(key, DATA);
    expect(await module.verify({...key, material: Buffer.of(1)}, DATA, signature)).to.equal(true);
  });

  it('is an internal error where the public key that verifies is not one', async () => {
    for (const type of [
      ED25519,
      'urn:webkms:multikey:P-256',
      'urn:webkms:multikey:secp256k1',
      'urn:webkms:multikey:ML-DSA-44',
      'urn:webkms:multikey:RSA-2048',
    ] as const) {
      const key = await newKey(module, type);
      const signature = await module.sign(key, DATA);
      const {publicKey, ...rest} = key;
      expect(await module.verify(key, DATA, signature)).to.equal(true);
      await expectAtRestError(module.verify(rest, DATA, signature), /./);
      await expectAtRestError(
        module.verify({...key, publicKey: publicKey!.subarray(1)}, DATA, signature),
        /./,
      );
    }
  });

  it('is refused where the private key is not that of the public key', async () => {
    const [key, other] = [await newKey(module, ED25519), await newKey(module, ED25519)];
    const wrapper = await wrappers.wrapperFor(key.keystoreId, 'key-material');
    const [secret] = wrappers.sealedPlaintexts.map((plaintext) => plaintext.subarray(1));
    const resealed = await sealSecret(wrapper, key, {secret: secret!, publicKey: other.publicKey});
    await expectAtRestError(
      module.sign({...key, publicKey: other.publicKey!, ...resealed}, DATA),
      /public key is not that of the stored private key/,
    );
    const same = await sealSecret(wrapper, key, {secret: secret!, publicKey: key.publicKey});
    expect(await module.sign({...key, ...same}, DATA)).to.have.length(64);
  });

  it('is refused in a format that is not known', async () => {
    const key = await newKey(module, 'Sha256HmacKey2019');
    const wrapper = await wrappers.wrapperFor(key.keystoreId, 'key-material');
    const identity = [
      'webkms software key material',
      key.keystoreId,
      key.localKeyId,
      key.type,
      key.version,
      null,
    ];
    const seal = async (plaintext: Buffer) => ({
      ...key,
      material: await wrapper.seal(plaintext, Buffer.from(JSON.stringify(identity))),
    });
    const secret = randomBytes(32);
    const good = await seal(Buffer.concat([Buffer.of(1), secret]));
    expect(await module.sign(good, DATA)).to.have.length(32);
    await expectAtRestError(
      module.sign(await seal(Buffer.concat([Buffer.of(2), secret])), DATA),
      /unknown format/,
    );
    await expectAtRestError(module.sign(await seal(Buffer.alloc(0)), DATA), /unknown format/);
    await expectAtRestError(module.sign(await seal(Buffer.of(1, 2, 3)), DATA), /32 bytes/);
  });

  it('passes on that the root of trust cannot be used', async () => {
    const key = await newKey(module, ED25519);
    const down = new SoftwareKeyModule({
      wrappers: {wrapperFor: () => Promise.reject(new UnavailableError('Not now.'))},
    });
    expect(await rejection(down.sign(key, DATA))).to.be.instanceOf(UnavailableError);
    expect(await rejection(down.generateKey(key))).to.be.instanceOf(UnavailableError);
  });

  it('is sealed under its keystore, whose keys only generation creates', async () => {
    const calls: unknown[] = [];
    const spying = new SoftwareKeyModule({
      wrappers: {
        wrapperFor(...call) {
          calls.push(call);
          return wrappers.wrapperFor(...call);
        },
      },
    });
    const key = await newKey(spying, ED25519);
    await spying.sign(key, DATA);
    expect(calls).to.deep.equal([
      [key.keystoreId, 'key-material', {create: true}],
      [key.keystoreId, 'key-material'],
    ]);
  });

  it('names the data key version that sealed it', async () => {
    const {dataKeyVersionId} = await module.generateKey(IDENTITY);
    expect(dataKeyVersionId).to.equal((await wrappers.wrapperFor(IDENTITY.keystoreId, 'key-material')).keyId);
  });

  it('is sealed anew under the newest data key version, and only if it opens', async () => {
    const key = await newKey(module, ED25519);
    const signature = await module.sign(key, DATA);
    let made = 0;
    const rotated = new SoftwareKeyModule({
      wrappers: {
        async wrapperFor(...call) {
          made += 1;
          return {...(await wrappers.wrapperFor(...call)), keyId: 'kdkv_newest'};
        },
      },
    });
    const resealed = await rotated.reseal(key);
    expect(made).to.equal(1);
    expect(resealed.dataKeyVersionId).to.equal('kdkv_newest');
    expect(resealed.material).to.not.deep.equal(key.material);
    expect(await module.sign({...key, ...resealed}, DATA)).to.deep.equal(signature);
    await expectAtRestError(rotated.reseal({...key, version: 2}), SealedBlobError);
    await rotated.close();
    expect(await rejection(rotated.reseal(key))).to.be.instanceOf(UnavailableError);
  });

  it('leaves no copy of the secret in the buffers that were sealed and opened', async () => {
    const seen: Uint8Array[] = [];
    const leaky = new SoftwareKeyModule({
      wrappers: {
        async wrapperFor(...call) {
          const wrapper = await wrappers.wrapperFor(...call);
          return {
            keyId: wrapper.keyId,
            seal(plaintext: Uint8Array, additionalData: Uint8Array) {
              seen.push(plaintext);
              return wrapper.seal(plaintext, additionalData);
            },
            async open(blob: Uint8Array, additionalData: Uint8Array) {
              const plaintext = await wrapper.open(blob, additionalData);
              seen.push(plaintext);
              return plaintext;
            },
          };
        },
      },
    });
    const key = await newKey(leaky, ED25519);
    await leaky.sign(key, DATA);
    await leaky.reseal(key);
    const exported = await leaky.exportKey(key);
    expect(seen.map(({length}) => length)).to.deep.equal([33, 33, 33, 33, 33]);
    expect(
      exported.some((byte) => byte !== 0),
      'the caller has a copy',
    ).to.equal(true);
    expect(exported.byteLength, 'in memory of its own').to.equal(exported.buffer.byteLength);
    for (const buffer of seen) expect(buffer.every((byte) => byte === 0)).to.equal(true);
  });

  for (const keyType of Object.values(KEY_TYPES)) {
    it(`never shows the secret of ${keyType.name} in what the module returns`, async () => {
      const key = await newKey(module, keyType.name);
      const outputs = [key.material, key.publicKey ?? Buffer.of(0)];
      if (keyType.operations.includes('sign')) outputs.push(await module.sign(key, signable(keyType)));
      if (keyType.operations.includes('wrapKey')) outputs.push(await module.wrapKey(key, Buffer.alloc(16)));
      if (keyType.operations.includes('deriveSecret'))
        outputs.push(await module.deriveSecret(key, key.publicKey!));
      if (keyType.operations.includes('encrypt')) outputs.push(await module.encrypt(key, DATA));
      if (keyType.operations.includes('encapsulate')) {
        const {secret, ciphertext} = await module.encapsulate(key);
        outputs.push(secret, ciphertext);
      }
      const [plaintext] = wrappers.sealedPlaintexts;
      const secret = plaintext!.subarray(1);
      expect(secret.length).to.be.at.least(32);
      for (const output of outputs) expect(Buffer.from(output).includes(secret)).to.equal(false);
    });
  }
});
