import {expect} from 'chai';
import {
  InternalError,
  KeySequenceError,
  KeyStateError,
  NotAllowedError,
  NotFoundError,
  NotSupportedError,
  RateLimitError,
  UnavailableError,
} from '../../lib/errors.ts';
import type {KeyModule} from '../../lib/key-modules/key-module.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {ImportTokens} from '../../lib/operations/import-tokens.ts';
import {KeyService, type KeyCall} from '../../lib/operations/key-service.ts';
import type {OnKeyDescriptor, OnKeystoreDescriptor} from '../../lib/operations/operation.ts';
import {findBatch, findOperation, OPERATIONS} from '../../lib/operations/operation-table.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {DEFAULTS, generateRecord, KEYSTORE, silent, software} from './fixtures.ts';
import {MemoryKeys} from './memory-keys.ts';

const keystore = {...KEYSTORE, sequence: 3, kmsModule: 'software'};
const AES = 'urn:webkms:symmetric:AES-256-GCM';

/** An operation, of which no more is told the compiler: there are many kinds. */
type Typed = Readonly<Record<'type', string>>;

/** A service over one key, with everything that it asks of others written down. */
class Scene {
  readonly keys = new MemoryKeys();
  /** In the order in which it happened. */
  readonly events: string[] = [];
  readonly localKeyId: string;
  readonly service: KeyService;
  now = 1000;
  /** What is thrown by what is asked. */
  readonly failures = new Map<string, (Error | (() => Error))[]>();

  private constructor(record: KeyRecord) {
    this.keys.put(record);
    this.localKeyId = record.localKeyId;
    const tell = (event: string): void => {
      this.events.push(event);
      const error = this.failures.get(event.split(' ')[0]!)?.shift();
      if (error) throw typeof error === 'function' ? error() : error;
    };
    const module = new Proxy(software, {
      get: (target, name: keyof KeyModule) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || name === 'keyType') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          tell(name);
          return (await Reflect.apply(member, target, args)) as unknown;
        };
      },
    }) as KeyModule;
    this.service = new KeyService({
      keys: this.keys,
      uses: {
        limitRate: (_record, count) => tell(`rate ${count}`),
        take: async ({versions}, {count, nonce}) =>
          tell(`take ${count} of v${versions.length}${nonce ? ', nonces' : ''}`),
        find: async () => new Map([[1, 7]]),
      },
      keyModules: new Map([['software', module]]),
      keysPerKeystore: 10,
      defaults: DEFAULTS,
      importTokens: Object.create(ImportTokens.prototype) as ImportTokens,
      log: silent,
      now: () => this.now,
    });
    this.keys.beforeUpdate = () => tell('update');
    this.call = {
      keystore,
      localKeyId: this.localKeyId,
      admit: () => tell('admit'),
      acceptOnce: async () => tell('acceptOnce'),
    };
  }

  readonly call: KeyCall;

  static async of(type: KeyType, options?: Parameters<typeof generateRecord>[1]): Promise<Scene> {
    return new Scene(await generateRecord(type, options));
  }

  async record(): Promise<KeyRecord> {
    return (await this.keys.find({localKeyId: this.localKeyId}))!;
  }

  run({type}: Typed, operation: object = {}, call: Partial<KeyCall> = {}): Promise<object> {
    this.events.length = 0;
    let descriptor: unknown = findOperation(type);
    if ('operation' in operation) descriptor = findBatch(String(operation.operation));
    return this.service.runOnKey(descriptor as OnKeyDescriptor, operation, {...this.call, ...call});
  }

  /** Is sealed anew, and says so no sooner than its material is opened. */
  async resealAt(event: string): Promise<void> {
    const record = await this.record();
    this.fail(event, () => {
      this.keys.put({...record, sequence: record.sequence + 1});
      return sealedAnew();
    });
  }

  fail(event: string, ...errors: readonly (Error | (() => Error))[]): void {
    this.failures.set(event, [...errors]);
  }
}

const {SignOperation, VerifyOperation, EncryptOperation, DecryptOperation, RewrapOperation} = OPERATIONS;
const {RotateKeyOperation, DisableKeyOperation, EnableKeyOperation, DeleteKeyOperation} = OPERATIONS;
const sealedAnew = () => new InternalError(new Error('sealed under what is gone'));

describe('KeyService: uses', () => {
  it('go in one order: the key, who asks, its policy, its rate, its count, its module', async () => {
    const scene = await Scene.of(AES);
    await scene.run(EncryptOperation, {plaintext: 'AAAA'});
    expect(scene.events).to.deep.equal(['admit', 'rate 1', 'take 1 of v1, nonces', 'encrypt']);
  });

  it('count what protects; nonces of AES-GCM alone', async () => {
    const aes = await Scene.of(AES, {versions: 2});
    const {ciphertext} = (await aes.run(EncryptOperation, {plaintext: 'AAAA'})) as {ciphertext: string};
    await aes.run(DecryptOperation, {ciphertext});
    expect(aes.events).to.deep.equal(['admit', 'rate 1', 'decrypt']);
    await aes.run(RewrapOperation, {ciphertext});
    expect(aes.events).to.deep.equal(['admit', 'rate 1', 'take 1 of v2, nonces', 'decrypt', 'encrypt']);
    const rsa = await Scene.of('urn:webkms:multikey:RSA-2048');
    await rsa.run(EncryptOperation, {plaintext: 'AAAA'});
    expect(rsa.events).to.include('take 1 of v1');
  });

  it('stop at the first refusal', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    const cases: [string, Error, string[]][] = [
      ['admit', new NotAllowedError('chain-length', 'no'), ['admit']],
      ['rate', new RateLimitError(1), ['admit', 'rate 1']],
      ['take', new KeyStateError('used up'), ['admit', 'rate 1', 'take 1 of v1']],
    ];
    for (const [event, error, events] of cases) {
      scene.fail(event, error);
      expect(await rejection(scene.run(SignOperation, {verifyData: 'AAAA'}))).to.equal(error);
      expect(scene.events).to.deep.equal(events);
    }
    const refusal = await rejection(scene.run(EncryptOperation, {plaintext: 'AAAA'}));
    expect(refusal).to.be.instanceOf(NotSupportedError);
    expect(scene.events).to.deep.equal(['admit']);
    await scene.run(SignOperation, {verifyData: 'AAAA'});
  });

  it('of a key that was sealed anew meanwhile are done again with the record as it is', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    scene.fail('sign', sealedAnew());
    expect(await rejection(scene.run(SignOperation, {verifyData: 'AAAA'}))).to.be.instanceOf(InternalError);
    await scene.resealAt('sign');
    expect(await scene.run(SignOperation, {verifyData: 'AAAA'})).to.have.property('signatureValue');
    expect(scene.events.filter((event) => event === 'sign')).to.have.length(2);
    expect(scene.events.filter((event) => event === 'admit')).to.have.length(2);
  });

  it('of a key that is not there are refused before anything is asked', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    const refusal = await rejection(scene.run(SignOperation, {verifyData: 'AAAA'}, {localKeyId: 'z1C'}));
    expect(refusal).to.be.instanceOf(NotFoundError);
    expect(scene.events).to.deep.equal([]);
  });

  it('need the module that the keystore was made with', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    const call = {keystore: {...keystore, kmsModule: 'hsm'}};
    for (const type of ['SignOperation', 'RotateKeyOperation']) {
      const refusal = await rejection(scene.run({type}, {verifyData: 'AAAA'}, call));
      expect(refusal).to.be.instanceOf(UnavailableError);
    }
  });

  it('verify with the versions that process, newest first, and no other', async () => {
    const scene = await Scene.of('Sha256HmacKey2019', {versions: 3});
    const members = {verifyData: 'AAAA', signatureValue: 'AAAA'};
    expect(await scene.run(VerifyOperation, members)).to.deep.equal({verified: false});
    expect(scene.events.filter((event) => event === 'verify')).to.have.length(3);
    await scene.run(DisableKeyOperation, {keyVersion: 2});
    await scene.run(VerifyOperation, members);
    expect(scene.events.filter((event) => event === 'verify')).to.have.length(2);
  });
});

describe('KeyService: batches', () => {
  const batch = OPERATIONS.BatchOperation;
  const operation = 'SignOperation';
  const items = [{verifyData: 'AAAA'}, {verifyData: 'AAAB'}, {verifyData: 'AAAC'}];

  it('are counted at once, and use the key for each item', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    await scene.run(batch, {operation, items});
    const each = ['admit', 'sign'];
    expect(scene.events).to.deep.equal(['admit', 'rate 3', 'take 3 of v1', ...each, ...each, ...each]);
  });

  it('do nothing where they are not all to be counted', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    scene.fail('take', new KeyStateError('used up'));
    expect(await rejection(scene.run(batch, {operation, items}))).to.be.instanceOf(KeyStateError);
    expect(scene.events).to.not.include('sign');
  });

  it('ask again, while they go on, whether they may, and tell nothing where they may not', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    const asked: number[] = [];
    const refusals: Error[] = [];
    const goOn = async () => {
      asked.push(scene.events.filter((event) => event === 'sign').length);
      if (refusals[0] && asked.length > 1) throw refusals[0];
    };
    const many = Array.from({length: 8}, () => items[0]!);
    // Each item takes 400 ms.
    const admit = () => {
      scene.now += 400;
    };
    await scene.run(batch, {operation, items: many}, {admit, goOn});
    expect(asked).to.deep.equal([3, 6]);
    asked.length = 0;
    refusals.push(new NotAllowedError('revoked', 'no'));
    const refused = rejection(scene.run(batch, {operation, items: many}, {admit, goOn}));
    expect(await refused).to.equal(refusals[0]);
    expect(scene.events.filter((event) => event === 'sign')).to.have.lengthOf(6);
  });

  it('see what others change between two items', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    const sign = scene.run(batch, {operation, items: Array.from({length: 1000}, () => items[0]!)});
    await new Promise(setImmediate);
    scene.keys.put({...(await scene.record()), state: 'disabled'});
    const {results} = (await sign) as {results: readonly {readonly error?: unknown}[]};
    const done = results.findIndex(({error}) => error !== undefined);
    expect(done).to.be.within(1, 999);
    expect(results.slice(done)).to.satisfy((rest: typeof results) =>
      rest.every(({error}) => (error as {message: string}).message === 'The key is disabled.'),
    );
  });

  it('count the uses of a version that came while they ran', async () => {
    const scene = await Scene.of(AES);
    const {versions} = await generateRecord(AES, {versions: 2});
    const running = scene.run(batch, {
      operation: 'EncryptOperation',
      items: Array.from({length: 1000}, () => ({plaintext: 'AAAA'})),
    });
    await new Promise(setImmediate);
    const record = await scene.record();
    const second = await software.generateKey({
      ...{keystoreId: record.keystoreId, localKeyId: record.localKeyId, type: AES, version: 2},
    });
    scene.keys.put({...record, versions: [...record.versions, {...versions[1]!, ...second}]});
    const {results} = (await running) as {results: readonly {readonly ciphertext: string}[]};
    const after = results.filter(({ciphertext}) => ciphertext.startsWith('webkms:v2:')).length;
    expect(after).to.be.within(1, 999);
    expect(scene.events.filter((event) => event === 'take 1 of v2, nonces')).to.have.length(after);
  });

  it('fail whole where the server fails, and go on with a key that was sealed anew', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    const down = new UnavailableError('down');
    scene.fail('sign', down);
    expect(await rejection(scene.run(batch, {operation, items}))).to.equal(down);
    scene.fail('sign', sealedAnew());
    expect(await rejection(scene.run(batch, {operation, items}))).to.be.instanceOf(InternalError);
    await scene.resealAt('sign');
    const {results} = (await scene.run(batch, {operation, items})) as {results: readonly object[]};
    expect(results.every((result) => 'signatureValue' in result)).to.equal(true);
  });
});

describe('KeyService: changes', () => {
  it('are accepted once, after all that is refused without it, right before they are made', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    await scene.run(DisableKeyOperation);
    expect(scene.events).to.deep.equal(['admit', 'acceptOnce', 'update', 'forget']);
    expect(await rejection(scene.run(DisableKeyOperation))).to.be.instanceOf(KeyStateError);
    expect(scene.events).to.deep.equal(['admit']);
    const replayed = new NotAllowedError('replayed', 'again');
    scene.fail('acceptOnce', replayed);
    expect(await rejection(scene.run(EnableKeyOperation))).to.equal(replayed);
    expect(scene.events).to.deep.equal(['admit', 'acceptOnce']);
    expect((await scene.record()).state).to.equal('disabled');
  });

  it('are made on what others left, accepted once all the same', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    const lost = () => new KeySequenceError('another was faster');
    scene.fail('update', lost(), lost(), lost());
    await scene.run(DisableKeyOperation);
    expect(scene.events.filter((event) => event === 'acceptOnce')).to.have.length(1);
    expect(scene.events.filter((event) => event === 'update')).to.have.length(4);
    scene.fail('update', ...Array.from({length: 1000}, lost));
    expect(await rejection(scene.run(EnableKeyOperation))).to.be.instanceOf(KeySequenceError);
    expect(scene.events.length).to.be.below(200);
  });

  it('judge the record as it is when it is replaced', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    scene.keys.beforeUpdate = async () => {
      scene.keys.beforeUpdate = () => undefined;
      const record = await scene.record();
      scene.keys.put({...record, sequence: record.sequence + 1, policy: {deletionProtection: true}});
    };
    const refusal = await rejection(scene.run(DeleteKeyOperation));
    expect(refusal).to.have.nested.property('details.policy', 'deletionProtection');
    expect((await scene.record()).state).to.equal('enabled');
  });

  it('are bound to the keystore as it was when they were authorised; those of a policy are not', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    for (const type of ['RotateKeyOperation', 'DisableKeyOperation', 'EnableKeyOperation']) {
      await scene.run({type});
      expect(scene.keys.keystoreSequence).to.equal(keystore.sequence);
    }
    await scene.service.rotate(keystore, scene.localKeyId);
    expect(scene.keys.keystoreSequence).to.equal(undefined);
  });

  it('of an alias that gives no URI are refused', async () => {
    const scene = await Scene.of('urn:webkms:multikey:Ed25519');
    const refusal = await rejection(
      scene.run(OPERATIONS.UpdateKeyOperation, {publicAliasTemplate: '{nothing}'}),
    );
    expect(refusal.message).to.include('publicAliasTemplate');
    expect(scene.events).to.deep.equal(['admit']);
    await scene.run(OPERATIONS.UpdateKeyOperation, {
      publicAliasTemplate: 'did:example:1#{publicKeyMultibase}',
    });
  });
});

describe('KeyService: rotation', () => {
  it('makes material once it is accepted, and not where the key may not be rotated', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    await scene.run(RotateKeyOperation);
    expect(scene.events).to.deep.equal(['admit', 'acceptOnce', 'generateKey', 'update']);
    await scene.run(DisableKeyOperation);
    expect(await rejection(scene.run(RotateKeyOperation))).to.be.instanceOf(KeyStateError);
    expect(scene.events).to.deep.equal(['admit']);
  });

  it('makes material of another number only where another version came first', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    scene.fail('update', new KeySequenceError('a tag'), new KeySequenceError('another tag'));
    await scene.run(RotateKeyOperation);
    expect(scene.events.filter((event) => event === 'generateKey')).to.have.length(1);

    scene.keys.beforeUpdate = async () => {
      scene.keys.beforeUpdate = () => undefined;
      await scene.service.rotate(keystore, scene.localKeyId);
    };
    expect(await scene.run(RotateKeyOperation)).to.include({keyVersion: 4});
    expect((await scene.record()).versions.map(({version}) => version)).to.deep.equal([1, 2, 3, 4]);
    const {signatureValue} = (await scene.run(SignOperation, {verifyData: 'AAAA'})) as {
      signatureValue: string;
    };
    expect(await scene.run(VerifyOperation, {verifyData: 'AAAA', signatureValue})).to.include({
      keyVersion: 4,
    });
  });

  it('by a policy happens once, however many see that it is due', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    const isDue = ({versions}: KeyRecord) => versions.length === 1;
    const rotate = () => scene.service.rotate(keystore, scene.localKeyId, {if: isDue});
    const rotated = await Promise.all([rotate(), rotate(), rotate(), rotate()]);
    expect(rotated.filter((record) => record !== undefined)).to.have.length(1);
    expect((await scene.record()).versions).to.have.length(2);
    expect(await rotate()).to.equal(undefined);
    expect(scene.events).to.not.include('acceptOnce');
  });
});

describe('KeyService: new keys', () => {
  const generating = (members: object = {}) =>
    ({type: 'GenerateKeyOperation', invocationTarget: {type: 'Sha256HmacKey2019', ...members}}) as const;

  async function generate(scene: Scene, operation: object): Promise<unknown> {
    scene.events.length = 0;
    const descriptor: unknown = OPERATIONS.GenerateKeyOperation;
    return scene.service.runOnKeystore(descriptor as OnKeystoreDescriptor, operation, scene.call);
  }

  it('are accepted once, after all cheap refusals, before they are made', async () => {
    const scene = await Scene.of('Sha256HmacKey2019');
    await generate(scene, generating({tags: {name: 'one'}}));
    expect(scene.events).to.deep.equal(['acceptOnce', 'generateKey']);
    for (const flaw of [{tags: {name: 'one'}}, {keyOps: ['encrypt']}, {type: 'constructor'}]) {
      await rejection(generate(scene, generating(flaw)));
      expect(scene.events, JSON.stringify(flaw)).to.deep.equal([]);
    }
    await generate(scene, generating({tags: {name: 'two'}}));
  });
});

describe('KeyService: lists', () => {
  it('give others their turn: long public keys take a while to write', async () => {
    const scene = await Scene.of('urn:webkms:multikey:ML-DSA-87');
    const record = await scene.record();
    for (let i = 0; i < 99; i++) scene.keys.put({...record, localKeyId: `z${i}`});
    let turns = 0;
    let done = false;
    const listing = scene.service
      .list({keystore, isVisible: () => true}, {limit: 100})
      .finally(() => (done = true));
    const others = async (): Promise<void> => {
      while (!done) {
        await new Promise(setImmediate);
        turns++;
      }
    };
    const [{results}] = await Promise.all([listing, others()]);
    expect(results).to.have.lengthOf(100);
    expect(turns).to.be.at.least(4);
  });
});
