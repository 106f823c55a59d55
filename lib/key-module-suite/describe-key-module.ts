import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {NotSupportedError, UnavailableError} from '../errors.ts';
import type {KeyModule} from '../key-modules/key-module.ts';
import {offeredKeyType, offeredKeyTypes} from '../key-modules/key-type-support.ts';
import {supportProblems} from '../key-modules/support-problems.ts';
import {KEY_TYPES, type KeyType, type KeyTypeDescriptor} from '../keys/key-types.ts';
import type {KeyOperation} from '../storage/key-record.ts';
import {describeEncapsulation} from './describe-encapsulation.ts';
import {describeEncryption} from './describe-encryption.ts';
import {describeErasure} from './describe-erasure.ts';
import {describeKeyAgreement} from './describe-key-agreement.ts';
import {describeKeyTransport} from './describe-key-transport.ts';
import {describeKeyWrapping} from './describe-key-wrapping.ts';
import {describeSignatures} from './describe-signatures.ts';
import {newKey, rejection, signable} from './fixtures.ts';
import {type DescribeOperation, onlyIf, type Subject} from './subject.ts';

export interface KeyModuleSuiteOptions {
  readonly name: string;
  /** A module that is ready for use; the suite closes it. Called for every key type. */
  readonly create: () => Promise<KeyModule>;
  /** The key types that it has, and no others. Default: whichever it says; the tests of the others are skipped */
  readonly types?: readonly KeyType[];
}

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

/** Which operations the tests of a kind need, all of them. */
const DETAILS: readonly (readonly [readonly KeyOperation[], DescribeOperation])[] = [
  [['sign', 'verify'], describeSignatures],
  [['encrypt', 'decrypt'], describeEncryption],
  [['wrapKey', 'unwrapKey'], describeKeyWrapping],
  [['deriveSecret'], describeKeyAgreement],
  [['encapsulate', 'decapsulate'], describeEncapsulation],
];

/** What every key module must do, for all key types that it has: tests for mocha, with chai. */
export function describeKeyModule({name, create, types}: KeyModuleSuiteOptions): void {
  describe(`key module: ${name}`, () => {
    describe('whatever the type', () => {
      let module: KeyModule;
      beforeEach(async () => {
        module = await create();
      });
      afterEach(() => module.close());

      it('has key types, and does with them what there is to do', () => {
        expect(supportProblems(module)).to.deep.equal([]);
        if (types) expect(offeredKeyTypes(module)).to.have.members(types);
      });

      it('has no type that is not in the table', () => {
        for (const type of ['constructor', 'urn:webkms:multikey:P-224', 'rsa2048', '']) {
          expect(module.keyType(type as KeyType), type).to.equal(undefined);
        }
      });

      it('has no operation for a type that is not in the table, or that it has not', async () => {
        const others = Object.values(KEY_TYPES).filter((type) => !module.keyType(type.name));
        for (const type of ['constructor' as KeyType, ...others.map((other) => other.name)]) {
          const key = {...(await newKey(module, firstType(module))), type};
          expect(await rejection(module.sign(key, Buffer.of(1)))).to.be.instanceOf(NotSupportedError);
          expect(await rejection(module.encrypt(key, Buffer.of(1)))).to.be.instanceOf(NotSupportedError);
          expect(await rejection(module.generateKey(key))).to.be.instanceOf(NotSupportedError);
        }
      });

      it('serves nobody when it is closed', async () => {
        const key = await newKey(module, firstType(module));
        await module.check();
        await module.close();
        expect(await rejection(module.check())).to.be.instanceOf(UnavailableError);
        expect(await rejection(module.sign(key, Buffer.of(1)))).to.be.instanceOf(UnavailableError);
        expect(await rejection(module.generateKey(key))).to.be.instanceOf(UnavailableError);
        await module.close();
      });
    });

    for (const keyType of (types ?? typeNames()).map((type) => KEY_TYPES[type])) {
      describe(keyType.name, () => {
        let subject: Subject | undefined;
        before(async function () {
          this.timeout(120_000);
          const module = await create();
          const type = offeredKeyType(module, keyType.name);
          if (!type) {
            await module.close();
            this.skip();
          }
          const [key, other] = await Promise.all([newKey(module, type.name), newKey(module, type.name)]);
          subject = {module, type, key, other};
        });
        after(async () => {
          await subject?.module.close();
        });
        describeKeyType(() => {
          if (!subject) throw new Error('The keys of the test were not made.');
          return subject;
        }, keyType);
      });
    }
  });
}

function typeNames(): readonly KeyType[] {
  return Object.values(KEY_TYPES).map(({name}) => name);
}

function firstType(module: KeyModule): KeyType {
  const [first] = offeredKeyTypes(module);
  if (first === undefined) throw new Error('The module has no key type.');
  return first;
}

const describeKeyType: DescribeOperation = (subject, keyType) => {
  for (const operation of Object.keys(OPERATIONS) as KeyOperation[]) {
    it(`has ${operation}, or says what it has`, async () => {
      const {operations} = subject().type;
      if (operations.includes(operation)) return OPERATIONS[operation](subject(), keyType);
      const error = await rejection(OPERATIONS[operation](subject(), keyType));
      expect(error).to.be.instanceOf(NotSupportedError);
      expect(error).to.have.deep.property('details', {supported: operations});
    });
  }

  it('makes keys that differ, with a public key of the size of its type', () => {
    const {key, other} = subject();
    expect(key.material).to.not.be.empty;
    expect(Buffer.from(key.material).equals(other.material)).to.equal(false);
    expect(key.publicKey?.length).to.equal(keyType.publicKey?.length);
    if (key.publicKey && other.publicKey) {
      expect(Buffer.from(key.publicKey).equals(other.publicKey)).to.equal(false);
    }
  });

  it('works for many at once, and leaves the key as it was', async () => {
    const {key, type} = subject();
    const bytes = () => [key.material, key.publicKey ?? Buffer.of(0)].map((part) => Buffer.from(part));
    const before = bytes();
    await Promise.all(
      Array.from({length: 4}, () =>
        Promise.all(type.operations.map((operation) => OPERATIONS[operation](subject(), keyType))),
      ),
    );
    expect(bytes()).to.deep.equal(before);
  });

  for (const [needs, describeDetails] of DETAILS) {
    if (!needs.every((operation) => keyType.operations.includes(operation))) continue;
    describe(needs.join(' and '), () => {
      onlyIf(subject, ({operations}) => needs.every((operation) => operations.includes(operation)));
      describeDetails(subject, keyType);
    });
  }
  describeKeyTransport(subject, keyType);
  describeErasure(subject, keyType);
};
