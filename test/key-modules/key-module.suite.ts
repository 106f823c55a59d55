import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {NotSupportedError, UnavailableError} from '../../lib/errors.ts';
import type {KeyModule, KeyVersion} from '../../lib/key-modules/key-module.ts';
import {KEY_TYPES, type KeyType, type KeyTypeDescriptor} from '../../lib/keys/key-types.ts';
import type {KeyOperation} from '../../lib/storage/key-record.ts';
import {describeEncapsulation} from './encapsulation.suite.ts';
import {describeEncryption} from './encryption.suite.ts';
import {newKey, rejection, signable} from './fixtures.ts';
import {describeKeyAgreement} from './key-agreement.suite.ts';
import {describeKeyTransport} from './key-transport.suite.ts';
import {describeKeyWrapping} from './key-wrapping.suite.ts';
import {describeSignatures} from './signatures.suite.ts';

interface SuiteOptions {
  readonly name: string;
  readonly create: () => Promise<KeyModule>;
}

/** What the tests of a key type work with; RSA keys take seconds to make, so all of them share two keys. */
export interface Subject {
  readonly module: KeyModule;
  readonly key: KeyVersion;
  /** Another key of the same type. */
  readonly other: KeyVersion;
}

export type DescribeOperation = (subject: () => Subject, keyType: KeyTypeDescriptor) => void;

/** Each operation with input that a key of any type could be given, and what is right of its result. */
const OPERATIONS: Readonly<
  Record<KeyOperation, (subject: Subject, type: KeyTypeDescriptor) => Promise<void>>
> = {
  async sign({module, key}, type) {
    expect(await module.sign(key, signable(type))).to.be.instanceOf(Uint8Array).and.not.empty;
  },
  async verify({module, key}, type) {
    expect(await module.verify(key, signable(type), randomBytes(64))).to.equal(false);
  },
  async encrypt({module, key}) {
    expect((await module.encrypt(key, randomBytes(32))).length).to.be.at.least(60);
  },
  async decrypt({module, key}) {
    expect(await module.decrypt(key, randomBytes(64))).to.equal(undefined);
  },
  async wrapKey({module, key}) {
    expect(await module.wrapKey(key, randomBytes(32))).to.have.length(40);
  },
  async unwrapKey({module, key}) {
    expect(await module.unwrapKey(key, randomBytes(40))).to.equal(undefined);
  },
  async deriveSecret({module, key, other}) {
    expect((await module.deriveSecret(key, other.publicKey ?? Buffer.alloc(32, 9))).length).to.be.at.least(
      32,
    );
  },
  async encapsulate({module, key}) {
    expect((await module.encapsulate(key)).secret).to.have.length(32);
  },
  async decapsulate({module, key}) {
    expect(await module.decapsulate(key, randomBytes(1088))).to.have.length(32);
  },
};

const DETAILS: Partial<Record<KeyOperation, DescribeOperation>> = {
  sign: describeSignatures,
  encrypt: describeEncryption,
  wrapKey: describeKeyWrapping,
  deriveSecret: describeKeyAgreement,
  encapsulate: describeEncapsulation,
};

/** What every key module must do, for all key types that it supports. */
export function describeKeyModule({name, create}: SuiteOptions): void {
  describe(`key module: ${name}`, () => {
    describe('whatever the type', () => {
      let module: KeyModule;
      beforeEach(async () => {
        module = await create();
      });
      afterEach(() => module.close());

      it('supports no type that is not in the table', () => {
        for (const type of ['constructor', 'urn:webkms:multikey:P-224', 'rsa2048', '']) {
          expect(module.supports(type as KeyType), type).to.equal(false);
        }
      });

      it('has no operation for a type that is not in the table', async () => {
        const key = {...(await newKey(module, 'Ed25519VerificationKey2020')), type: 'constructor' as KeyType};
        expect(await rejection(module.sign(key, Buffer.of(1)))).to.be.instanceOf(NotSupportedError);
        expect(await rejection(module.encrypt(key, Buffer.of(1)))).to.be.instanceOf(NotSupportedError);
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
    });

    for (const keyType of Object.values(KEY_TYPES)) {
      describe(keyType.name, () => {
        let subject: Subject;
        before(async function () {
          this.timeout(120_000);
          const module = await create();
          if (!module.supports(keyType.name)) {
            await module.close();
            this.skip();
          }
          const [key, other] = await Promise.all([
            newKey(module, keyType.name),
            newKey(module, keyType.name),
          ]);
          subject = {module, key, other};
        });
        after(() => subject.module.close());
        describeKeyType(() => subject, keyType);
      });
    }
  });
}

const describeKeyType: DescribeOperation = (subject, keyType) => {
  const {name: type, operations, publicKey: format} = keyType;

  for (const operation of Object.keys(OPERATIONS) as KeyOperation[]) {
    if (operations.includes(operation)) {
      it(`has ${operation}`, () => OPERATIONS[operation](subject(), keyType));
      continue;
    }
    it(`has no ${operation}, and says what it has`, async () => {
      const error = await rejection(OPERATIONS[operation](subject(), keyType));
      expect(error).to.be.instanceOf(NotSupportedError);
      expect(error.message).to.equal(
        `Keys of type ${type} have no operation ${operation}. They have: ${operations.join(', ')}.`,
      );
      expect(error).to.have.deep.property('details', {supported: operations});
    });
  }

  it('makes keys that differ, with a public key of the size of its type', () => {
    const {key, other} = subject();
    expect(key.material).to.not.be.empty;
    expect(Buffer.from(key.material).equals(other.material)).to.equal(false);
    expect(key.publicKey?.length).to.equal(format?.length);
    if (key.publicKey && other.publicKey) {
      expect(Buffer.from(key.publicKey).equals(other.publicKey)).to.equal(false);
    }
  });

  it('works for many at once, and leaves the key as it was', async () => {
    const {key} = subject();
    const bytes = () => [key.material, key.publicKey ?? Buffer.of(0)].map((part) => Buffer.from(part));
    const before = bytes();
    await Promise.all(
      Array.from({length: 4}, () =>
        Promise.all(operations.map((operation) => OPERATIONS[operation](subject(), keyType))),
      ),
    );
    expect(bytes()).to.deep.equal(before);
  });

  for (const operation of operations) DETAILS[operation]?.(subject, keyType);
  describeKeyTransport(subject, keyType);
};
