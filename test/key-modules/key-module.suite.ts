import {randomBytes} from 'node:crypto';
import {encode} from 'cborg';
import {expect} from 'chai';
import {
  MalformedRequestError,
  NotSupportedError,
  OperationFailedError,
  UnavailableError,
} from '../../lib/errors.ts';
import type {KeyModule, KeyVersion} from '../../lib/key-modules/key-module.ts';
import {
  KEY_TYPES,
  type KeyOperation,
  type KeyType,
  type KeyTypeDescriptor,
} from '../../lib/keys/key-types.ts';
import {flipBit, newKey, rejection, signable} from './fixtures.ts';

interface SuiteOptions {
  readonly name: string;
  readonly create: () => Promise<KeyModule>;
}

function call(
  module: KeyModule,
  operation: KeyOperation,
  key: KeyVersion,
  bytes: Uint8Array = Buffer.alloc(32, 1),
): Promise<unknown> {
  if (operation === 'verify') return module.verify(key, bytes, bytes);
  return module[operation](key, bytes);
}

function inputFor(keyType: KeyTypeDescriptor, {publicKey}: KeyVersion): Uint8Array {
  if (keyType.operations.includes('wrapKey')) return randomBytes(32);
  return keyType.operations.includes('deriveSecret') && publicKey ? publicKey : signable(keyType);
}

const OPERATIONS: readonly KeyOperation[] = ['sign', 'verify', 'wrapKey', 'unwrapKey', 'deriveSecret'];

/** What every key module must do, for all key types that it supports. */
export function describeKeyModule({name, create}: SuiteOptions): void {
  describe(`key module: ${name}`, () => {
    let module: KeyModule;
    beforeEach(async () => {
      module = await create();
    });
    afterEach(() => module.close());

    it('supports no type that is not in the table', () => {
      for (const type of ['constructor', 'urn:webkms:multikey:secp256k1', '']) {
        expect(module.supports(type as KeyType), type).to.equal(false);
      }
    });

    it('has no operation for a type that is not in the table', async () => {
      const key = {...(await newKey(module, 'Ed25519VerificationKey2020')), type: 'constructor' as KeyType};
      expect(await rejection(module.sign(key, Buffer.of(1)))).to.be.instanceOf(NotSupportedError);
      expect(await rejection(module.generateKey(key))).to.be.instanceOf(NotSupportedError);
    });

    it('serves nobody when it is closed', async () => {
      const key = await newKey(module, 'Ed25519VerificationKey2020');
      await module.check();
      await module.close();
      expect(await rejection(module.check())).to.be.instanceOf(UnavailableError);
      expect(await rejection(module.sign(key, Buffer.of(1)))).to.be.instanceOf(UnavailableError);
      expect(await rejection(module.generateKey(key))).to.be.instanceOf(UnavailableError);
      await module.close();
    });

    for (const keyType of Object.values(KEY_TYPES)) {
      describe(keyType.name, () => {
        beforeEach(function () {
          if (!module.supports(keyType.name)) this.skip();
        });
        describeKeyType(() => module, keyType);
      });
    }
  });
}

function describeKeyType(getModule: () => KeyModule, keyType: KeyTypeDescriptor): void {
  const {name: type, operations, publicKey: format} = keyType;

  it('makes keys that differ, with a public key of the size of its type', async () => {
    const [a, b] = await Promise.all([newKey(getModule(), type), newKey(getModule(), type)]);
    expect(a.material).to.not.be.empty;
    expect(Buffer.from(a.material).equals(b.material)).to.equal(false);
    expect(a.publicKey?.length).to.equal(format?.length);
    if (a.publicKey && b.publicKey) expect(Buffer.from(a.publicKey).equals(b.publicKey)).to.equal(false);
  });

  it('refuses the operations that its type lacks, and says which it has', async () => {
    const module = getModule();
    const key = await newKey(module, type);
    const lacking = OPERATIONS.filter((operation) => !operations.includes(operation));
    expect(lacking).to.not.be.empty;
    for (const operation of lacking) {
      const error = await rejection(call(module, operation, key));
      expect(error, operation).to.be.instanceOf(NotSupportedError);
      expect(error.message).to.include(operation);
      for (const other of operations) expect(error.message).to.include(other);
    }
  });

  it('works for many at once, and leaves what it was given as it was', async () => {
    const module = getModule();
    const key = await newKey(module, type);
    const given = inputFor(keyType, key);
    const copies = [key.material, key.publicKey ?? Buffer.of(0), given].map((bytes) => Buffer.from(bytes));
    const [operation = 'sign'] = operations;
    const results = await Promise.all(Array.from({length: 4}, () => call(module, operation, key, given)));
    for (const result of results) expect(result).to.be.instanceOf(Uint8Array).and.not.empty;
    expect(
      [key.material, key.publicKey ?? Buffer.of(0), given].map((bytes) => Buffer.from(bytes)),
    ).to.deep.equal(copies);
  });

  if (operations.includes('sign')) describeSignatures(getModule, keyType);
  if (operations.includes('wrapKey')) describeKeyWrapping(getModule, type);
  if (operations.includes('deriveSecret')) describeKeyAgreement(getModule, keyType);
}

function describeSignatures(getModule: () => KeyModule, keyType: KeyTypeDescriptor): void {
  it('verifies what it signed, and nothing else', async () => {
    const module = getModule();
    const [key, other] = [await newKey(module, keyType.name), await newKey(module, keyType.name)];
    const data = signable(keyType);
    const signature = await module.sign(key, data);
    expect(await module.verify(key, data, signature)).to.equal(true);
    expect(await module.verify(key, signable(keyType, 1), signature), 'other data').to.equal(false);
    expect(await module.verify(other, data, signature), 'other key').to.equal(false);
    for (const bit of [0, 7, signature.length * 4, signature.length * 8 - 1]) {
      expect(await module.verify(key, data, flipBit(signature, bit)), `bit ${bit}`).to.equal(false);
    }
  });

  it('answers false to a signature of any other length or form', async () => {
    const module = getModule();
    const key = await newKey(module, keyType.name);
    const data = signable(keyType);
    const signature = Buffer.from(await module.sign(key, data));
    const {length} = signature;
    const forms = [
      Buffer.alloc(0),
      Buffer.of(0x30),
      signature.subarray(0, length - 1),
      signature.subarray(1),
      Buffer.concat([signature, Buffer.of(0)]),
      Buffer.concat([signature, signature]),
      Buffer.alloc(length),
      Buffer.alloc(length, 0xff),
      randomBytes(length),
      randomBytes(100_000),
    ];
    for (const form of forms) {
      expect(await module.verify(key, data, form), `${form.length} bytes`).to.equal(false);
    }
    expect(await module.verify(key, data, signature)).to.equal(true);
  });

  if (keyType.algorithm.startsWith('BBS')) {
    it('refuses to sign what is not CBOR [header, [messages…]], and verifies it as false', async () => {
      const module = getModule();
      const key = await newKey(module, keyType.name);
      const data = signable(keyType);
      const signature = await module.sign(key, data);
      for (const bad of [Buffer.from('text'), Buffer.concat([data, Buffer.of(0)]), encode([Buffer.of(1)])]) {
        expect(await rejection(module.sign(key, bad))).to.be.instanceOf(MalformedRequestError);
        expect(await module.verify(key, bad, signature)).to.equal(false);
      }
    });
  } else {
    it('signs empty and long data', async () => {
      const module = getModule();
      const key = await newKey(module, keyType.name);
      for (const data of [Buffer.alloc(0), randomBytes(100_000)]) {
        expect(await module.verify(key, data, await module.sign(key, data))).to.equal(true);
      }
    });
  }
}

function describeKeyWrapping(getModule: () => KeyModule, type: KeyType): void {
  it('unwraps what it wrapped, from 16 to 65,536 bytes', async () => {
    const module = getModule();
    const key = await newKey(module, type);
    for (const length of [16, 24, 32, 512, 65_536]) {
      const unwrappedKey = randomBytes(length);
      const wrappedKey = await module.wrapKey(key, unwrappedKey);
      expect(wrappedKey.length).to.equal(length + 8);
      expect(Buffer.from((await module.unwrapKey(key, wrappedKey)) ?? [])).to.deep.equal(unwrappedKey);
    }
  });

  it('refuses to wrap 0, 1, 8, 15 bytes, a broken block and more than 65,536 bytes', async () => {
    const module = getModule();
    const key = await newKey(module, type);
    for (const length of [0, 1, 8, 15, 17, 31, 65_535, 65_544, 100_000]) {
      const error = await rejection(module.wrapKey(key, randomBytes(length)));
      expect(error, `${length} bytes`).to.be.instanceOf(MalformedRequestError);
      expect(error.message).to.match(/16 to 65536 bytes/);
    }
  });

  it('answers undefined to whatever does not open', async () => {
    const module = getModule();
    const [key, other] = [await newKey(module, type), await newKey(module, type)];
    const wrappedKey = Buffer.from(await module.wrapKey(key, randomBytes(32)));
    for (const length of [0, 1, 8, 15, 16, 17, 23, 24, 25, 65_544, 65_552, 100_000]) {
      expect(await module.unwrapKey(key, randomBytes(length)), `${length} bytes`).to.equal(undefined);
    }
    expect(await module.unwrapKey(other, wrappedKey), 'other key').to.equal(undefined);
    expect(await module.unwrapKey(key, flipBit(wrappedKey, 100)), 'flipped bit').to.equal(undefined);
    expect(await module.unwrapKey(key, wrappedKey.subarray(8)), 'without its first block').to.equal(
      undefined,
    );
    expect(await module.unwrapKey(key, wrappedKey)).to.have.length(32);
  });
}

function describeKeyAgreement(
  getModule: () => KeyModule,
  {name: type, publicKey: format}: KeyTypeDescriptor,
): void {
  it('gives both sides the same secret, and others another', async () => {
    const module = getModule();
    const [a, b, c] = await Promise.all([newKey(module, type), newKey(module, type), newKey(module, type)]);
    const secret = Buffer.from(await module.deriveSecret(a, b.publicKey!));
    expect(Buffer.from(await module.deriveSecret(b, a.publicKey!)).equals(secret)).to.equal(true);
    expect(Buffer.from(await module.deriveSecret(c, b.publicKey!)).equals(secret)).to.equal(false);
    expect(secret.length).to.equal(type.includes('ECDH') ? format!.length - 1 : 32);
  });

  it('fails with one message on short, long, off-curve and low-order points', async () => {
    const module = getModule();
    const [key, peer] = [await newKey(module, type), await newKey(module, type)];
    const good = Buffer.from(peer.publicKey!);
    const {length} = good;
    const points = [
      Buffer.alloc(0),
      Buffer.alloc(1),
      good.subarray(0, length - 1),
      Buffer.concat([good, Buffer.of(0)]),
      Buffer.alloc(length),
      // x ≥ p; as u coordinate of X25519 it is masked to 2^255 − 1 ≡ 18, so only the wrong lengths apply there.
      ...(type.includes('X25519')
        ? []
        : [Buffer.alloc(length, 0xff), Buffer.concat([Buffer.of(2), Buffer.alloc(length - 1, 0xff)])]),
    ];
    for (const point of points) {
      const error = await rejection(module.deriveSecret(key, point));
      expect(error, point.toString('hex')).to.be.instanceOf(OperationFailedError);
      expect(error.message).to.equal('The operation failed.');
    }
    expect(await module.deriveSecret(key, good)).to.not.be.empty;
  });
}
