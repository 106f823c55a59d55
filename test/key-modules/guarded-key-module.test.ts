import {expect} from 'chai';
import {MemoryKeyModule} from '../../examples/memory-key-module.ts';
import {
  InternalError,
  type KmsError,
  MalformedRequestError,
  NotSupportedError,
  OperationFailedError,
  UnavailableError,
} from '../../lib/errors.ts';
import {describeKeyModule} from '../../lib/key-module-suite/describe-key-module.ts';
import {GuardedKeyModule} from '../../lib/key-modules/guarded-key-module.ts';
import type {GeneratedKey, KeyModule, KeyVersion} from '../../lib/key-modules/key-module.ts';
import {newIdentity, newKey, rejection} from './fixtures.ts';

const ED25519 = 'Ed25519VerificationKey2020';
const HMAC = 'Sha256HmacKey2019';
const DATA = Buffer.from('data');

describeKeyModule({
  name: 'of somebody else',
  create: async () => new GuardedKeyModule(new MemoryKeyModule('memory')),
  types: [ED25519, HMAC, 'urn:webkms:symmetric:AES-256-GCM'],
});

/** A good module with some members replaced. */
function replacing(members: object): KeyModule {
  return Object.assign(new MemoryKeyModule('memory'), members);
}

/** An error of another copy of the package. */
function foreign(code: string, message: string, details?: object): Error {
  return Object.assign(new Error(message), {code, details});
}

describe('the guard of key modules', () => {
  const guarded = (members: object, limits = {}): KeyModule =>
    new GuardedKeyModule(replacing(members), limits);

  it('has what the module has, of what need not be there', () => {
    const whole = new GuardedKeyModule(new MemoryKeyModule('memory'));
    for (const name of ['importKey', 'destroyKey', 'checkKey'])
      expect(whole).to.have.property(name).a('function');
    for (const name of ['exportKey', 'reseal']) expect(whole).to.have.property(name, undefined);
    const more = guarded({exportKey: async () => DATA, reseal: async () => ({})});
    for (const name of ['exportKey', 'reseal']) expect(more).to.have.property(name).a('function');
    expect(whole.id).to.equal('memory');
    expect(() => whole.forget()).to.not.throw();
  });

  it('tells the module what to forget, whether it can or not', async () => {
    const told: unknown[] = [];
    const failing = guarded({
      forget: (key?: unknown) => {
        told.push(key);
        if (told.length === 1) throw new Error('It cannot.');
        return Promise.reject(new Error('It cannot, either.')) as unknown as undefined;
      },
    });
    const key = newIdentity(HMAC);
    failing.forget?.(key);
    failing.forget?.();
    await new Promise(setImmediate);
    expect(told).to.deep.equal([key, undefined]);
  });

  it('knows errors of another copy of the package by their codes; what they say of the module clients are not told', async () => {
    const key = await newKey(new MemoryKeyModule('memory'), HMAC);
    const cases: readonly (readonly [unknown, new (...args: never[]) => KmsError, string])[] = [
      [foreign('ERR_MALFORMED_REQUEST', 'Too short.'), MalformedRequestError, 'Too short.'],
      [foreign('ERR_OPERATION_FAILED', 'because of bit 7'), OperationFailedError, 'The operation failed.'],
      [foreign('ERR_UNAVAILABLE', 'host 10.0.0.7'), UnavailableError, 'The key module cannot be used now.'],
      [foreign('ERR_INTERNAL', 'x'), InternalError, 'An internal error occurred.'],
      [foreign('ERR_NOT_ALLOWED', 'x'), InternalError, 'An internal error occurred.'],
      [foreign('ECONNRESET', 'x'), InternalError, 'An internal error occurred.'],
      ['text', InternalError, 'An internal error occurred.'],
      [undefined, InternalError, 'An internal error occurred.'],
    ];
    for (const [thrown, type, message] of cases) {
      for (const sign of [
        async () => {
          throw thrown;
        },
        () => {
          throw thrown;
        },
      ]) {
        const error = await rejection(guarded({sign}).sign(key, DATA));
        expect(error, String(thrown)).to.be.instanceOf(type).with.property('message', message);
        expect(error.cause).to.equal(thrown);
      }
    }
    const refusal = foreign('ERR_NOT_SUPPORTED', 'No.', {supported: ['verify', 7], path: '/x'});
    const error = await rejection(guarded({sign: async () => Promise.reject(refusal)}).sign(key, DATA));
    expect(error)
      .to.be.instanceOf(NotSupportedError)
      .with.deep.property('details', {supported: ['verify']});
    const bare = await rejection(
      guarded({sign: async () => Promise.reject(foreign('ERR_NOT_SUPPORTED', 'No.'))}).sign(key, DATA),
    );
    expect(bare).to.be.instanceOf(NotSupportedError).with.deep.property('details', {supported: []});
  });

  it('lets nothing through that is not what the interface says', async () => {
    const key = await newKey(new MemoryKeyModule('memory'), HMAC);
    const uses: Readonly<Record<string, (module: KeyModule) => Promise<unknown>>> = {
      sign: (module) => module.sign(key, DATA),
      verify: (module) => module.verify(key, DATA, DATA),
      encrypt: (module) => module.encrypt(key, DATA),
      decrypt: (module) => module.decrypt(key, DATA),
      wrapKey: (module) => module.wrapKey(key, DATA),
      unwrapKey: (module) => module.unwrapKey(key, DATA),
      deriveSecret: (module) => module.deriveSecret(key, DATA),
      encapsulate: (module) => module.encapsulate(key),
      decapsulate: (module) => module.decapsulate(key, DATA),
      exportKey: (module) => module.exportKey!(key),
      reseal: (module) => module.reseal!(key),
    };
    for (const [name, use] of Object.entries(uses)) {
      for (const value of [null, 1, 'text', {}, [1], {secret: DATA}, {material: DATA}, new ArrayBuffer(8)]) {
        const error = await rejection(use(guarded({[name]: async () => value})));
        expect(error, `${name} ${JSON.stringify(value)}`).to.be.instanceOf(InternalError);
      }
    }
    for (const name of ['decrypt', 'unwrapKey']) {
      expect(await uses[name]!(guarded({[name]: async () => undefined}))).to.equal(undefined);
    }
    const pair = {secret: DATA, ciphertext: DATA};
    expect(await uses['encapsulate']!(guarded({encapsulate: async () => pair}))).to.deep.equal(pair);
    const sealed = {material: DATA, dataKeyVersionId: 'v1'};
    expect(await uses['reseal']!(guarded({reseal: async () => sealed}))).to.deep.equal(sealed);
  });

  it('takes no key that is none of its type', async () => {
    const generate = (type: typeof HMAC | typeof ED25519, made: unknown): Promise<GeneratedKey> =>
      guarded({generateKey: async () => made}).generateKey(newIdentity(type));
    const publicKey = Buffer.alloc(32, 1);
    for (const made of [
      undefined,
      {},
      {material: 'text'},
      {material: Buffer.of()},
      {material: Buffer.alloc(65_537)},
      {material: DATA, publicKey},
      {material: DATA, dataKeyVersionId: 1},
    ]) {
      expect(await rejection(generate(HMAC, made)), JSON.stringify(made)).to.be.instanceOf(InternalError);
    }
    for (const made of [{material: DATA}, {material: DATA, publicKey: publicKey.subarray(1)}]) {
      expect(await rejection(generate(ED25519, made))).to.be.instanceOf(InternalError);
    }
    const more = {material: DATA, dataKeyVersionId: 'v', more: 1};
    expect(await generate(HMAC, more)).to.deep.equal({material: DATA, dataKeyVersionId: 'v'});
    const pair = {material: Buffer.alloc(65_536), publicKey};
    expect(await generate(ED25519, pair)).to.deep.equal(pair);
  });

  it('does not wait for ever', async () => {
    const never = () => new Promise<never>(() => undefined);
    const module = guarded(
      {sign: never, close: never, generateKey: never},
      {operationMs: 5, generationMs: 5},
    );
    const key = await newKey(new MemoryKeyModule('memory'), HMAC);
    for (const work of [module.sign(key, DATA), module.close(), module.generateKey(key)]) {
      expect(await rejection(work)).to.be.instanceOf(UnavailableError);
    }
  });

  it('has a key erased that came too late', async () => {
    const memory = new MemoryKeyModule('memory');
    let give = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (give = resolve));
    const erased: KeyVersion[] = [];
    const module = new GuardedKeyModule(
      Object.assign(Object.create(memory) as KeyModule, {
        generateKey: async (id: KeyVersion) => {
          await waiting;
          return memory.generateKey(id);
        },
        destroyKey: async (key: KeyVersion) => {
          erased.push(key);
          await memory.destroyKey(key);
        },
      }),
      {generationMs: 5},
    );
    const identity = newIdentity(HMAC);
    expect(await rejection(module.generateKey(identity))).to.be.instanceOf(UnavailableError);
    give();
    for (let turn = 0; turn < 20 && erased.length === 0; turn++) await new Promise(setImmediate);
    expect(erased).to.have.length(1);
    expect(erased[0]).to.include(identity);
    expect(memory.size).to.equal(0);
  });
});
